import HTTPTypes
import ServiceKit

/// Why events are not published again.
enum ReplayRefusal: Refusal, Hashable {
    case unknownEvent
    case noFilter
    case badLimit
    case badReason
    case obstacle(Replays.Obstacle)

    var status: HTTPResponse.Status {
        switch self {
        case .unknownEvent: .notFound
        case .noFilter, .badLimit, .badReason: .badRequest
        case .obstacle: .conflict
        }
    }

    var code: String {
        switch self {
        case .unknownEvent: "not_found"
        case .noFilter: "filter_required"
        case .badLimit, .badReason: "invalid_field"
        case .obstacle(let obstacle): obstacle.rawValue
        }
    }

    var message: String {
        switch self {
        case .unknownEvent: "There is no such event."
        case .noFilter: "Name at least one of processed, has_error, type, user_id, from and to."
        case .badLimit: "limit must be a whole number from 1 to \(ReplayEvents.most)."
        case .badReason: "reason must have 1 to 1000 characters."
        case .obstacle(.foreign): "The event is of the other mode or of another account and is never processed here."
        case .obstacle(.nobodySubscribes): "Nobody subscribes to events of this type."
        case .obstacle(.payloadRemoved): "The payload was removed after the retention time."
        case .obstacle(.notPublishedYet): "The event waits to be published anyway."
        }
    }

    var field: String? {
        switch self {
        case .badLimit: "limit"
        case .badReason: "reason"
        default: nil
        }
    }
}
