/// Stripe's subscription status, an open set: a status that Stripe adds tomorrow is carried, never guessed at.
///
/// Source: Stripe's API reference, "The Subscription object", `status`.
package struct SubscriptionStatus: RawRepresentable, Hashable, Sendable, Codable {
    /// The text as Stripe sent it.
    package let rawValue: String

    /// Takes any text, known or not.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// The first payment has not succeeded yet.
    package static let incomplete = SubscriptionStatus(rawValue: "incomplete")
    /// The first payment was not made within 23 hours.
    package static let incompleteExpired = SubscriptionStatus(rawValue: "incomplete_expired")
    /// In its trial.
    package static let trialing = SubscriptionStatus(rawValue: "trialing")
    /// Paid.
    package static let active = SubscriptionStatus(rawValue: "active")
    /// The latest invoice was not paid and is still being retried, or was left open.
    package static let pastDue = SubscriptionStatus(rawValue: "past_due")
    /// Ended.
    package static let canceled = SubscriptionStatus(rawValue: "canceled")
    /// Retries are over; invoices stay open.
    package static let unpaid = SubscriptionStatus(rawValue: "unpaid")
    /// The trial ended without a payment method, or somebody paused it.
    package static let paused = SubscriptionStatus(rawValue: "paused")

    /// The eight statuses that Stripe documents.
    package static let known: Set<SubscriptionStatus> = [
        .incomplete, .incompleteExpired, .trialing, .active, .pastDue, .canceled, .unpaid, .paused,
    ]

    /// Whether nothing can follow this status.
    package var isEnded: Bool { self == .canceled || self == .incompleteExpired }
}
