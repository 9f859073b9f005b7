import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import Stripe

/// Ends what a user paid for twice: of the subscriptions that pages of ours led to and that run at once, the one paid first stays.
///
/// What is decided is decided on what Stripe says now, and is a row of `subscription_ends` before Stripe is asked. Once it has ended, refund is
/// told, which gives back what was paid for it. What an admin made at Stripe carries no name of ours and is left alone; what has run beside another
/// for more than a day was used, and is an admin's to decide about.
struct SettleDuplicates: Sendable {
    let catchUp: CatchUp
    let endCollection: EndCollection
    let alerts: Alerts
    let logger: Logger

    static let alert = Alert(
        "subscription_duplicated",
        remedy: "Where it was cancelled, see that its payment was given back; where it still runs, end one of the two with the customer.")
    private static let most = 20
    /// Later than this after its first payment nothing is ended by rule.
    private static let longest: TimeInterval = 86_400

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var stripe: StripeClient { catchUp.stripe }

    func callAsFunction() async throws {
        let begun = try await SubscriptionEnds.usersWithOpenDuplicates(limit: Self.most, in: pool)
        let noticed = try await Subscriptions.duplicated(limit: Self.most, in: pool)
        for user in Set(begun + noticed).sorted(by: { $0.rawValue < $1.rawValue }) {
            do {
                try await settle(user)
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("what was paid for twice could not be ended", metadata: ["user": "\(user)", "error": "\(error)"])
            }
        }
    }

    private func settle(_ user: UserID) async throws {
        for duplicate in try await SubscriptionEnds.openDuplicates(of: user, in: pool) { try await end(duplicate, of: user) }
        for row in try await Subscriptions.runningHere(of: user, in: pool) { try await catchUp.freshen(row.facts.id) }
        let running = try await Subscriptions.runningHere(of: user, in: pool)
        guard running.count > 1 else { return }
        var paid: [(row: SubscriptionRow, at: Date)] = []
        for row in running { paid.append((row, try await firstPaid(row))) }
        paid.sort { ($0.at, $0.row.facts.created, $0.row.facts.id.rawValue) < ($1.at, $1.row.facts.created, $1.row.facts.id.rawValue) }
        let kept = paid[0].row.facts.id
        for (row, at) in paid.dropFirst() {
            guard stripe.time.timeIntervalSince(at) <= Self.longest else {
                try await alerts.raise(Self.alert, about: row.facts.id.rawValue, "It has run beside \(kept) for more than a day.")
                continue
            }
            try await catchUp.outbox.transaction { work in
                try await SubscriptionEnds.request(row.facts.id, of: user, beside: kept, in: work)
                try await alerts.raise(
                    Self.alert, about: row.facts.id.rawValue, "It was paid for beside \(kept) and is cancelled; its payment is given back.",
                    in: work)
            }
        }
        for duplicate in try await SubscriptionEnds.openDuplicates(of: user, in: pool) { try await end(duplicate, of: user) }
        try await catchUp.freshen(kept)
        try await Subscriptions.leaveDuplicates(of: user, in: pool)
    }

    /// When the first money was paid for it; a trial has none and counts from its beginning.
    private func firstPaid(_ row: SubscriptionRow) async throws -> Date {
        let invoices = try await stripe.invoices(of: row.facts.id).value
        return invoices.filter { $0.isPaid && $0.amountPaid > 0 }.map { $0.paidAt ?? $0.created }.min() ?? row.facts.created
    }

    private func end(_ duplicate: SubscriptionEnds.Duplicate, of user: UserID) async throws {
        do {
            _ = try await stripe.cancelSubscription(duplicate.subscription)
            try await endCollection(of: duplicate.subscription)
        } catch let error as StripeError where error.kind == .notFound {
            // Removed at Stripe, as test data are: it charges nobody.
        }
        try await catchUp.freshen(duplicate.subscription)
        try await catchUp.outbox.transaction { work in
            let payment = try await Payments.newestPaid(of: duplicate.subscription, in: work)
            try await SubscriptionEnds.done(duplicate.subscription, in: work)
            try work.publish(
                SubscriptionDuplicated(
                    userID: user, keptSubscriptionID: duplicate.kept, canceledSubscriptionID: duplicate.subscription, paymentID: payment),
                id: "subscription.duplicated:\(duplicate.subscription)")
        }
    }
}
