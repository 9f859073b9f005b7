package import Foundation

/// A place between two rows of a list that is sorted by time, then by id: behind the row with these.
package struct TimedPlace: Sendable, Hashable {
    /// The row's time.
    package let at: Date
    /// Its id.
    package let id: String

    /// The place behind a row.
    package init(at: Date, id: String) {
        self.at = at
        self.id = id
    }

    /// Reads a cursor that `cursor` made; anything else is a 400.
    package init(_ cursor: PageCursor) throws {
        guard cursor.parts.count == 2, let seconds = Double(cursor.parts[0]), seconds.isFinite else { throw APIError.foreignCursor }
        self.init(at: Date(timeIntervalSince1970: seconds), id: cursor.parts[1])
    }

    /// The place as callers carry it.
    package var cursor: PageCursor { PageCursor("\(at.timeIntervalSince1970)", id) }
}
