package import Foundation
package import Models

/// What is read of an event before it is answered: enough to store it and to judge whether it is ours. Everything else waits until it is
/// published.
package struct StripeEventHead: Sendable, Hashable {
    /// Stripe's id of the event; the same in every delivery.
    package var id: EventID
    /// Such as `invoice.paid`; an open set.
    package var type: String
    /// When the change happened, whole seconds; orders nothing within a second.
    package var created: Date
    /// The version that the object is written in.
    package var apiVersion: String?
    /// Whether real money moved.
    package var livemode: Bool
    /// The connected account it happened in; nil in one's own.
    package var account: String?
    /// The id of the object inside; nil for the few that have none, such as `invoice.upcoming` before 2025-03-31.
    package var objectID: String?
}

extension StripeEventHead {
    /// Reads a whole document once, without recursion. Throws `StripeError` of kind `notAnEvent` for anything but well-formed JSON (RFC
    /// 8259, UTF-8, nested at most 64 deep) with what every event has; a member that is used here may be there once only.
    package init(json: [UInt8]) throws(StripeError) {
        do {
            var scanner = EventScanner(json)
            try scanner.scan()
            self = try scanner.head()
        } catch {
            throw StripeError(.notAnEvent, message: error.reason)
        }
    }
}
