import Foundation
import Messaging
import Models
import Stripe

/// Reads whether payments were taken back that subscriptions still run on.
struct ReadReversals: Sendable {
    let stripe: StripeClient
    let policy: AccessPolicy
    let alerts: Alerts

    static let alert = Alert(
        "reversal_unread", remedy: "See whether STRIPE_SECRET_KEY may read charges, refunds and disputes; it is read again by itself.")
    /// A look must not outlive its claim for the sake of a refund.
    private static let limit = Duration.seconds(3)

    /// What was found, and the charges that could not be read.
    struct Result: Sendable {
        var found: [Reversal] = []
        var unread: [ChargeID] = []
    }

    /// Of each charge what became of its payment. One that cannot be read keeps no decision about access back: it is read with the next look.
    func callAsFunction(_ charges: [ChargeID]) async throws -> Result {
        var result = Result()
        let stripe = stripe.until(stripe.instant + Self.limit)
        for charge in charges {
            do {
                if let reversal = try await reversal(of: charge, by: stripe) { result.found.append(reversal) }
                try await alerts.clear(Self.alert, about: charge.rawValue)
            } catch let error as CancellationError {
                throw error
            } catch {
                result.unread.append(charge)
                try await alerts.raise(Self.alert, about: charge.rawValue, "whether it ends a subscription cannot be read: \(error)")
            }
        }
        return result
    }

    private func reversal(of id: ChargeID, by stripe: StripeClient) async throws -> Reversal? {
        let charge = try await stripe.charge(id)
        guard let reason = try await reason(charge.value, by: stripe) else { return nil }
        guard let invoiceID = try await invoice(of: charge.value, by: stripe) else { return nil }
        let invoice = try await stripe.invoice(invoiceID).value
        guard let subscription = invoice.subscriptionID, let end = invoice.serviceEnd, end > charge.readAt else { return nil }
        return Reversal(subscription: subscription, invoice: invoiceID, reason: reason)
    }

    /// A verdict can still turn (Stripe's reports know both ways), so it is what the dispute says now that counts.
    private func reason(_ charge: ChargeFacts, by stripe: StripeClient) async throws -> EndReason? {
        if policy.disputeLost == .end, try await stripe.disputes(of: charge.id).value.contains(where: { $0.status == "lost" }) {
            return .disputeLost
        }
        let isRefunded = charge.amountRefunded > 0 && charge.amountRefunded >= charge.amountCaptured ?? charge.amount
        return policy.fullRefund == .end && isRefunded ? .fullRefund : nil
    }

    /// Named by the charge until 2025-03-31, by the payments of its intent since.
    private func invoice(of charge: ChargeFacts, by stripe: StripeClient) async throws -> InvoiceID? {
        if let invoice = charge.invoiceID { return invoice }
        guard let intent = charge.paymentIntentID else { return nil }
        return try await stripe.invoicePayments(paymentIntent: intent).value.first { $0.status == "paid" }?.invoiceID
    }
}
