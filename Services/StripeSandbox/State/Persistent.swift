import Foundation

/// A part of the state that is stored row by row.
protocol Persistent: Sendable {
    associatedtype Value: Codable & Sendable

    /// What is still to be written; nil where nothing is stored.
    var changes: ChangeLog<Value>? { get set }

    /// The part as it was stored; its values come in the order of their places.
    init(stored values: [Stored<Value>])
}

extension Persistent {
    /// The part as it was stored, with a log of what changes from now on.
    init(_ rows: [StateRow], _ decoder: JSONDecoder) throws {
        self.init(stored: try rows.map { Stored(id: $0.id, place: $0.place, value: try $0.value(decoder)) })
        changes = ChangeLog()
    }

    /// Takes out what is still to be written.
    mutating func takeRows(_ kind: String, _ encoder: JSONEncoder) throws -> [StateRow] {
        try changes?.take(kind, encoder) ?? []
    }
}
