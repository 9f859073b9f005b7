/// Why a document is not JSON that this system accepts.
struct JSONFault: Error, Equatable, CustomStringConvertible {
    /// The rest of a sentence that begins with "the body".
    let reason: String
    /// The member being read when the fault was found.
    let field: String?

    init(_ reason: String, field: String? = nil) {
        self.reason = reason
        self.field = field
    }

    var description: String { reason }
}
