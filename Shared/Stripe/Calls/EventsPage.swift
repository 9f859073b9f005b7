/// One page of Stripe's own record of events, newest first.
package struct EventsPage: Sendable, Hashable {
    /// An event read from Stripe.
    package struct Event: Sendable, Hashable {
        /// The event, decoded.
        package var envelope: StripeEventEnvelope
        /// The bytes of the event exactly as Stripe wrote them.
        package var json: [UInt8]

        /// Names every field.
        package init(envelope: StripeEventEnvelope, json: [UInt8]) {
            self.envelope = envelope
            self.json = json
        }
    }

    /// Newest first. Each is written in the API version in force when it happened.
    package var events: [Event]
    /// Whether older ones follow: ask again, starting after the last of these.
    package var hasMore: Bool

    /// Names every field.
    package init(events: [Event], hasMore: Bool) {
        self.events = events
        self.hasMore = hasMore
    }
}
