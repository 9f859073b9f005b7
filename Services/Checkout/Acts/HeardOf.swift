import Foundation
import Models

/// How something of Stripe's was heard of.
enum HeardOf: Sendable, Hashable {
    /// By an event, which shows the object as it was when the event was made.
    case event(EventID, type: String, created: Date)
    /// By a read, which shows it as it was then.
    case read(at: Date)

    /// Stripe's time of it, whole seconds.
    var time: Date {
        switch self {
        case .event(_, _, let created): created
        case .read(let time): time
        }
    }

    /// The time of an event of that type; nil for everything else.
    func time(ofEvent type: String) -> Date? {
        if case .event(_, type, let created) = self { created } else { nil }
    }

    /// The event, if it is of that type.
    func id(ofEvent type: String) -> EventID? {
        if case .event(let id, type, _) = self { id } else { nil }
    }
}
