import HTTPTypes
import ServiceKit

/// Why a delivery is not taken. Deliberately without detail: whoever forges signatures learns nothing.
enum WebhookRefusal: Refusal, Hashable {
    case badSignature
    case notAnEvent
    case cannotStore

    var status: HTTPResponse.Status { self == .cannotStore ? .serviceUnavailable : .badRequest }

    var code: String {
        switch self {
        case .badSignature: "invalid_signature"
        case .notAnEvent: "not_an_event"
        case .cannotStore: "cannot_store"
        }
    }

    var message: String {
        switch self {
        case .badSignature: "The signature is missing, wrong or too old."
        case .notAnEvent: "The body is not an event."
        case .cannotStore: "The event cannot be stored now; please deliver it again."
        }
    }

    var retryAfter: Duration? { self == .cannotStore ? .seconds(5) : nil }
}
