package import Models

package import struct Foundation.Date

/// Stripe said something, and webhook has verified and stored it.
///
/// Published by webhook as `stripe.<event type>`; consumed by checkout, refund and enforcement, each for the types it subscribes to in
/// `Topology`. A hint for subscriptions (the object may have changed since), a fact for payments.
package struct StripeEventReceived: Message, Hashable {
    /// Stripe's id of the event.
    package var stripeEventID: EventID
    /// Stripe's event type, such as `invoice.paid`.
    package var eventType: String
    /// When Stripe made the event: whole seconds, so no order between two events of one second.
    package var created: Date
    /// The version that the payload was rendered in.
    package var apiVersion: String?
    /// The id of the object inside.
    package var objectID: String?
    /// What is used of the object inside; nil for kinds that no consumer reads.
    package var object: StripeObject?
    /// Why `object` is nil although its kind is read: which member could not be read, and none of its values.
    package var undecodable: String?

    package init(
        stripeEventID: EventID, eventType: String, created: Date, apiVersion: String?, objectID: String?, object: StripeObject?,
        undecodable: String? = nil
    ) {
        self.stripeEventID = stripeEventID
        self.eventType = eventType
        self.created = created
        self.apiVersion = apiVersion
        self.objectID = objectID
        self.object = object
        self.undecodable = undecodable
    }

    /// Why a consumer that needs the object cannot handle the event.
    package var unreadable: String { undecodable ?? "the event carries no object that can be read" }

    /// Where it is published.
    package static let exchange = Exchange.stripeEvents
    /// `stripe.` and Stripe's own type.
    package var type: String { "stripe.\(eventType)" }
    /// The object inside Stripe's event.
    package var subject: String? { objectID }
}
