import Foundation
import Messaging
import Stripe

/// A body that Stripe signed with our secret and that is no event as this system reads them: an endpoint at Stripe is set up in another way
/// than it should be, or Stripe has begun to send something new. Stripe will deliver it again for three days, so the operator is told.
struct SignedStranger: Sendable {
    /// The rule.
    let alert: Alert
    /// What the body calls itself.
    let subject: String
    /// The cause and the cure.
    let detail: String

    /// Stripe's documentation, "Event destinations", has two payload styles: a snapshot event carries its object, a thin one (`v2.core.event`)
    /// only names it.
    private static let thin = "v2.core.event"
    private static let longestName = 100

    private struct Name: Decodable {
        var object: String?
    }

    init(_ body: [UInt8]) {
        let name = try? StripeJSON.decode(Name.self, from: body)
        if name?.object == Self.thin {
            alert = Alert(
                "webhook_thin_event",
                remedy: "At Stripe, under Event destinations, set this destination's payload style to snapshot, or remove it.")
            subject = Self.thin
            detail = """
                Thin events (v2.core.event) are delivered to the address for snapshot events and refused.
                """
        } else {
            alert = Alert(
                "webhook_signed_stranger", remedy: "At Stripe, see what this endpoint is sent, and in which API version.")
            subject = String((name?.object ?? "unreadable").prefix(Self.longestName))
            detail = """
                What is delivered is signed with our secret and is no event that can be read here; it is refused.
                """
        }
    }
}
