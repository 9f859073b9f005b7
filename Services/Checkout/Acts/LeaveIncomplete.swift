import Messages
import Messaging
import Models
import Postgres
import Stripe

/// Gives up a user's subscriptions whose first payment was never made, before another page is opened: else both could be paid.
///
/// Each is a row of `subscription_ends` before Stripe is asked. Stripe voids nothing by itself, so their invoices are voided, too.
struct LeaveIncomplete: Sendable {
    let catchUp: CatchUp

    /// Why such a subscription ends.
    private static let left = "left_incomplete"

    /// Throws `CheckoutRefusal.alreadySubscribed` while money for one is on its way, or has come.
    func callAsFunction(_ user: UserID) async throws {
        let pool = catchUp.outbox.pool
        for row in try await Subscriptions.toPlans(of: user, catchUp.objects.plans, in: pool)
        where row.facts.status == .incomplete && !row.isGone {
            do {
                try await leave(row.facts.id, of: user, pool)
            } catch let error as StripeError where error.kind == .notFound {
                // Removed at Stripe, as test data are.
                try await Subscriptions.markGone(row.facts.id, in: pool)
            }
        }
    }

    private func leave(_ id: SubscriptionID, of user: UserID, _ pool: PostgresPool) async throws {
        let stripe = catchUp.stripe
        for invoice in try await stripe.invoices(of: id).value {
            if invoice.isPaid, invoice.amountPaid > 0 {
                try await catchUp.subscription(id)
                throw CheckoutRefusal.alreadySubscribed
            }
            for payment in try await stripe.invoicePayments(invoice: invoice.id).value {
                guard let intent = payment.paymentIntentID else { continue }
                let status = try await stripe.paymentIntent(intent).value.status
                if status == "processing" || status == "succeeded" { throw CheckoutRefusal.alreadySubscribed }
            }
        }
        _ = try await SubscriptionEnds.request(
            SubscriptionEndRequested(userID: user, subscriptionID: id, why: Self.left), in: pool)
        _ = try await stripe.cancelSubscription(id)
        try await EndCollection(stripe: stripe, policy: .void)(of: id)
        try await catchUp.subscription(id)
        try await catchUp.outbox.transaction { work in try await SubscriptionEnds.done(id, in: work) }
    }
}
