import Foundation

/// What has changed since it was last taken, by id.
struct ChangeLog<Value: Codable & Sendable>: Sendable {
    private struct Change: Sendable {
        let place: Int
        /// Nil when it is gone.
        let value: Value?
    }

    private var changes: [String: Change] = [:]

    /// Notes what an object is now, nil when it is gone. `place` orders it among the others; without one it stays where it is.
    mutating func note(_ id: String, _ value: Value?, place: Int = 0) {
        changes[id] = Change(place: max(place, changes[id]?.place ?? 0), value: value)
    }

    /// Takes all changes out, as rows of that kind.
    mutating func take(_ kind: String, _ encoder: JSONEncoder) throws -> [StateRow] {
        guard !changes.isEmpty else { return [] }
        let rows = try changes.map { id, change in
            let body = try change.value.map { value in String(decoding: try encoder.encode(value), as: UTF8.self) }
            return StateRow(kind: kind, id: id, place: change.place, body: body)
        }
        changes = [:]
        return rows
    }
}
