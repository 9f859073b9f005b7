import Foundation
import Models
import Postgres

/// Which events are meant: all that fit everything that is given.
struct EventFilter: Sendable, Equatable {
    var id: EventID?
    var processed: Bool?
    var hasError: Bool?
    var type: String?
    var userID: UserID?
    var from: Date?
    /// Not included.
    var to: Date?

    /// SQL that is true for the rows, which are called `event`.
    var condition: Query {
        var condition: Query = "true"
        if let id { condition = condition + " AND event.stripe_event_id = \(id)" }
        if let processed { condition = condition + " AND event.processed = \(processed)" }
        if let hasError { condition = condition + " AND (event.processing_error IS NOT NULL) = \(hasError)" }
        if let type { condition = condition + " AND event.event_type = \(type)" }
        if let userID { condition = condition + " AND event.user_id = \(userID)" }
        if let from { condition = condition + " AND event.received_at >= \(from)" }
        if let to { condition = condition + " AND event.received_at < \(to)" }
        return condition
    }
}
