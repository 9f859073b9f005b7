import Foundation
import Messaging
import Models
import Stripe

/// Whether a subscription stands in the way of another one, and what its user can do about it.
struct StandingSubscriptions: Sendable {
    let catchUp: CatchUp

    /// Nobody is turned away by a row that was stored longer ago than this, or in the future by a clock that is wrong: it is read again first.
    private static let freshness: TimeInterval = 60

    /// Throws the refusal where one stands. What was paid for on a page and has not been heard of yet is read first.
    func refuse(_ user: UserID) async throws {
        try await awaitPaid(by: user)
        guard let standing = try await find(user) else { return }
        if abs(standing.storedAt.timeIntervalSinceNow) > Self.freshness {
            try await look(at: standing)
            guard let still = try await find(user) else { return }
            throw Self.refusal(still.facts.status)
        }
        throw Self.refusal(standing.facts.status)
    }

    /// The subscription that is most in the way: one that runs before one that waits for money.
    private func find(_ user: UserID) async throws -> SubscriptionRow? {
        let rows = try await Subscriptions.toPlans(of: user, catchUp.objects.plans, in: catchUp.outbox.pool)
        let standing = rows.filter { $0.facts.status.occupies && !$0.isGone }
        return standing.first { !$0.facts.status.waitsForMoney } ?? standing.first
    }

    private static func refusal(_ status: SubscriptionStatus) -> CheckoutRefusal {
        status.waitsForMoney ? .unpaidSubscription : .alreadySubscribed
    }

    private func awaitPaid(by user: UserID) async throws {
        for session in try await CheckoutSessions.awaitingSubscription(of: user, in: catchUp.outbox.pool) {
            do {
                var subscription = session.subscriptionID
                if subscription == nil { subscription = try await catchUp.session(session.sessionID).subscriptionID }
                if let subscription { try await catchUp.subscription(subscription) }
            } catch let error as StripeError where error.kind == .notFound {
                // Removed at Stripe, as test data are: it stands in nobody's way.
            }
        }
    }

    /// Its end may not have been heard of, or Stripe may know it no more. Where Stripe does not answer, what was known holds.
    private func look(at row: SubscriptionRow) async throws {
        do {
            try await catchUp.subscription(row.facts.id)
        } catch let error as StripeError where error.kind == .notFound {
            try await Subscriptions.markGone(row.facts.id, in: catchUp.outbox.pool)
        } catch is StripeError {
            return
        }
    }
}

extension SubscriptionStatus {
    /// Whether a subscription of this status stands in the way of a second one. An incomplete one does not: its first payment was never
    /// made, and it ends by itself.
    var occupies: Bool { !isEnded && self != .incomplete }

    /// Those in which it is the user's money that it waits for.
    static let waitingForMoney: [SubscriptionStatus] = [.pastDue, .unpaid, .paused]

    /// Whether it is the user's money that it waits for.
    var waitsForMoney: Bool { Self.waitingForMoney.contains(self) }
}
