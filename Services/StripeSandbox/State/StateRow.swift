import Foundation

/// One object as it is stored.
struct StateRow: Sendable, Codable {
    /// What tells a row from all others.
    struct Key: Hashable, Sendable {
        let kind: String
        let id: String
    }

    let kind: String
    let id: String
    /// Orders the rows of a kind; 0 leaves a row where it is.
    var place: Int
    /// JSON; nil when the object is gone.
    let body: String?

    var key: Key { Key(kind: kind, id: id) }

    /// The object itself.
    ///
    /// - Throws: `SandboxStateError` when the body is none of that type.
    func value<Value: Decodable>(_ decoder: JSONDecoder, as type: Value.Type = Value.self) throws -> Value {
        do {
            return try decoder.decode(type, from: Data((body ?? "").utf8))
        } catch {
            throw SandboxStateError.unreadable(kind: kind, id: id, reason: "\(error)")
        }
    }
}
