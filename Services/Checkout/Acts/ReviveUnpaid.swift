import Foundation
import Logging
import Messaging
import Models
import Postgres
import Stripe

/// Brings a subscription back whose customer has paid what was open, though drafts of later periods stand in the way.
///
/// An unpaid subscription goes on making drafts that nobody collects, and is judged by its most recent invoice that is not void (Stripe's
/// documentation, "How subscriptions work"; twentyhq/twenty pull request 18770 is of customers who had paid and stayed shut out). Stripe voids
/// final invoices only and deletes no subscription's draft, so each is kept from advancing, made final and voided. That is done for periods
/// in which the VM was off by our order, and never while money is on its way.
struct ReviveUnpaid: Sendable {
    let catchUp: CatchUp
    let endCollection: EndCollection
    /// `POLICY_OFF_PERIODS`.
    let policy: EndCollection.OpenInvoices
    let alerts: Alerts
    let logger: Logger

    /// A subscription is still unpaid at Stripe though nothing of it is open, or its drafts are of periods with a VM.
    static let stuck = Alert(
        "unpaid_not_revived", remedy: "Look at the subscription's open invoices and drafts at Stripe, and finalize or void them there.")
    private static let most = 20

    private var pool: PostgresPool { catchUp.outbox.pool }
    private var stripe: StripeClient { catchUp.stripe }

    func callAsFunction() async throws {
        for (id, user) in try await Subscriptions.settledUnpaid(limit: Self.most, in: pool) {
            do {
                try await look(at: id, of: user)
                try await Subscriptions.lookedAtUnpaid(id, in: pool)
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning("what is paid could not be brought back", metadata: ["subscription": "\(id)", "error": "\(error)"])
            }
        }
    }

    private func look(at id: SubscriptionID, of user: UserID) async throws {
        try await catchUp.subscription(id)
        guard try await isUnpaid(id) else { return try await alerts.clear(Self.stuck, about: id.rawValue) }
        let invoices = try await stripe.invoices(of: id).value
        // Something is owed yet, or was never paid.
        guard !invoices.contains(where: { $0.status == "open" }), invoices.contains(where: \.isPaid) else { return }
        let drafts = invoices.filter { $0.status == "draft" }
        guard try await Access.find(user, in: pool)?.wanted != .on else {
            return try await alerts.raise(Self.stuck, about: id.rawValue, "It has drafts of periods in which its VM was on.")
        }
        for draft in drafts.sorted(by: { $0.created < $1.created }) { try await settle(draft.id, of: user) }
        try await catchUp.subscription(id)
        if try await isUnpaid(id), policy == .void {
            try await alerts.raise(Self.stuck, about: id.rawValue, "Nothing of it is open, and Stripe still calls it unpaid.")
        } else {
            try await alerts.clear(Self.stuck, about: id.rawValue)
        }
    }

    private func isUnpaid(_ id: SubscriptionID) async throws -> Bool {
        try await pool.query("SELECT FROM subscriptions WHERE stripe_subscription_id = \(id) AND status = 'unpaid'").isEmpty == false
    }

    /// Each step is as good twice as once, so a step that was cut off is made again at the next look.
    private func settle(_ draft: InvoiceID, of user: UserID) async throws {
        let action = policy == .void ? "invoice.void_ordered" : "invoice.collection_ordered"
        try await pool.query(AuditEntry(action, "invoice", draft.rawValue, user: user).statement)
        let key = { "draft-\(UUID().uuidString.lowercased())" }
        if policy == .owe {
            _ = try await stripe.finalizeInvoice(draft, isCollected: true, idempotencyKey: key())
            return
        }
        _ = try await stripe.stopAdvancing(draft, idempotencyKey: key())
        _ = try await stripe.finalizeInvoice(draft, isCollected: false, idempotencyKey: key())
        try await endCollection.void(draft)
    }
}
