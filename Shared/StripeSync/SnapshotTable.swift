package import Foundation
package import Postgres

/// A table that keeps the newest heard state of one kind of Stripe's objects, one row for each.
///
/// Beside what is kept of the object it has `source_time` (timestamptz) and `read_ticket` (bigint), which say what the row was built from.
package protocol SnapshotTable: Sendable {
    /// What is used of the object.
    associatedtype Facts: Sendable
    /// The table's name.
    static var table: String { get }
    /// The column that holds Stripe's id.
    static var key: String { get }
    /// Stripe's id of the object.
    static func id(of facts: Facts) -> String
    /// Whether a row says all that `facts` say.
    static func says(_ row: Row, _ facts: Facts) throws -> Bool
}

/// What a row was built from.
package struct SnapshotSource: Sendable, Hashable {
    /// Stripe's time: the event's, or the `Date` of the read. Whole seconds.
    package var time: Date
    /// The place in the order of all that was read and stored: drawn before a read begins, and when a payload is stored.
    package var ticket: Int64

    package init(time: Date, ticket: Int64) {
        self.time = time
        self.ticket = ticket
    }
}

/// A state of an object, prepared to be stored.
package struct Snapshot<Facts: Sendable>: Sendable {
    enum Origin: Sendable, Hashable {
        /// What an event carried. `isFirst` when it may only begin a row: its time cannot be compared with others.
        case payload(Date, isFirst: Bool)
        case read(SnapshotSource)
        /// The row says the same already, and is as new.
        case known
    }

    /// What is used of the object.
    package let facts: Facts
    let origin: Origin
}
