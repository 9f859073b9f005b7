/// Why a stored state cannot be gone on with.
enum SandboxStateError: Error, CustomStringConvertible {
    /// A row says what this executable does not understand.
    case unreadable(kind: String, id: String, reason: String)
    /// Written by an executable that stores another way.
    case otherFormat(Int)
    /// Another sandbox was started with the same database; this one must not write any more.
    case takenOver

    var description: String {
        switch self {
        case .unreadable(let kind, let id, let reason): "the stored \(kind) \(id) cannot be read: \(reason)"
        case .otherFormat(let format):
            "the stored state has format \(format), not \(SandboxScalars.currentFormat): start with an empty database"
        case .takenOver: "another sandbox was started with this database"
        }
    }
}
