import Foundation
import Models

/// What Stripe said of one subscription, and what was known of it before.
struct SubscriptionReading: Codable, Sendable, Hashable {
    var subscription: SubscriptionFacts
    /// The plan that it is to, by its prices, by what it was opened for, or as it was known before; nil where nobody can say.
    var plan: Plan?
    /// Whether it says anything about a VM: one to a plan does, and one that let a VM run before plans were looked at. A Stripe account
    /// sells other things too.
    var counts: Bool
    /// Its invoices that count, newest first; read where the status leaves the answer to them.
    var invoices: [InvoiceReading] = []
    /// Why its end was asked for by us, where it was.
    var endRequested: EndReason?
}

/// What Stripe said of one invoice that counts.
struct InvoiceReading: Codable, Sendable, Hashable {
    var invoice: InvoiceFacts
    /// When collecting it first failed, by Stripe's clock; of one of which nobody was told, when that was first seen.
    var firstFailedAt: Date?
    /// Since when a bank has been asked for the money; nil when none is.
    var inFlightSince: Date?
}

/// Why enforcement asked for the end of a subscription.
enum EndReason: String, Codable, Sendable, CaseIterable {
    case disputeLost = "dispute_lost"
    case fullRefund = "full_refund"
}

/// A payment of a subscription's present period that was taken back, and by policy ends it.
struct Reversal: Sendable, Hashable {
    var subscription: SubscriptionID
    var invoice: InvoiceID
    var reason: EndReason
}

/// What was read of one user: all that a decision rests on.
struct Proof: Sendable {
    /// Each subscription that was read, with what the policy says of it.
    var findings: [Finding] = []
    /// Stripe's time of the oldest answer: "now" in the decision.
    var readAt = Date.distantFuture
    /// Our own time before the first question: an answer is at most as old as the time since then.
    let begun: ContinuousClock.Instant
    /// Stripe's ids of the requests, for its support.
    var requestIDs: [String] = []

    var readings: [SubscriptionReading] { findings.map(\.reading) }
}
