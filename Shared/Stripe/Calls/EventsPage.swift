/// One page of Stripe's own record of events, newest first.
package struct EventsPage: Sendable, Hashable {
    /// An event read from Stripe.
    package struct Event: Sendable, Hashable {
        /// What every event has.
        package var head: StripeEventHead
        /// The bytes of the event exactly as Stripe wrote them.
        package var json: [UInt8]

        package init(head: StripeEventHead, json: [UInt8]) {
            self.head = head
            self.json = json
        }
    }

    /// A row that is no event as this system knows them. It keeps no other back.
    package struct OddRow: Sendable, Hashable {
        /// What it calls itself, where it does.
        package var id: String?
        /// What is wrong with it, in words without values.
        package var reason: String

        package init(id: String?, reason: String) {
            self.id = id
            self.reason = reason
        }
    }

    /// Newest first. Each is written in the API version in force when it happened.
    package var events: [Event] = []
    /// The others.
    package var oddRows: [OddRow] = []
    /// The last row that says what it is called, event or not: where the next page begins.
    package var lastID: String?
    /// Whether older ones follow: ask again, starting after `lastID`.
    package var hasMore: Bool
}
