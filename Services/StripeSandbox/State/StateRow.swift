import Crypto
import Foundation

/// One object as it is stored.
struct StateRow: Sendable {
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

    /// What an object's id is in its row: the id itself, or its SHA-256 where clients chose one that an index cannot take.
    static func key(of id: String) -> String {
        if id.utf8.count <= 500, !id.utf8.contains(0) { return id }
        let digits = Array("0123456789abcdef")
        return String(SHA256.hash(data: Data(id.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

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
