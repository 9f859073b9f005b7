import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Passes over Stripe's lists of subscriptions and invoices, and repairs what no event has told, by the same code as events.
///
/// What has no plan, no name of ours and no customer of ours is somebody else's: it is counted and left alone.
struct Reconcile: Sendable {
    let subscriptions: ListPass<Subscriptions>
    let invoices: ListPass<Invoices>
    private let catchUp: CatchUp

    /// Intents a turn that are asked what they have not said.
    private static let most = 50

    /// `prefix` tells passes apart that run beside each other.
    init(catchUp: CatchUp, alerts: Alerts, logger: Logger, prefix: String = "") {
        let (objects, outbox, stripe) = (catchUp.objects, catchUp.outbox, catchUp.stripe)
        let plans = objects.plans
        self.catchUp = catchUp
        subscriptions = ListPass(
            prefix + "subscriptions", of: .checkout, outbox: outbox, snapshots: objects.subscriptions, alerts: alerts, logger: logger,
            steps: .init {
                try await stripe.subscriptions(startingAfter: $0, limit: $1)
            } count: { facts in
                let counted = facts.amount
                return .init(
                    currency: counted?.currency ?? "none", status: facts.status.rawValue, amount: counted?.amount ?? 0,
                    hasPlan: plans.plan(of: facts) != nil)
            } ours: { rows in
                try await Self.ours(rows.map { ($0.id.rawValue, $0.customerID) }, in: outbox.pool)
            } isCompared: { facts, isOurs, _ in
                isOurs || plans.plan(of: facts) != nil || facts.userID != nil
            } repair: { snapshot in
                try await Self.repair(try await objects.prepare(repair: snapshot), catchUp)
            })
        invoices = ListPass(
            prefix + "invoices", of: .checkout, outbox: outbox, snapshots: objects.invoices, alerts: alerts, logger: logger,
            steps: .init {
                try await stripe.invoices(startingAfter: $0, limit: $1)
            } count: { facts in
                .init(currency: facts.currency, status: facts.status ?? "none", amount: facts.isPaid ? facts.amountPaid : facts.amountDue)
            } ours: { rows in
                try await Self.ours(rows.compactMap { row in row.customerID.map { (row.id.rawValue, $0) } }, in: outbox.pool)
            } isCompared: { facts, isOurs, _ in
                isOurs || plans.plan(of: facts) != nil || facts.userID != nil
            } repair: { snapshot in
                let isOurs = try await Self.repair(try await objects.prepare(repair: snapshot), catchUp)
                if isOurs { try await Self.read(intentOf: snapshot.facts, catchUp) }
                return isOurs
            })
    }

    func callAsFunction() async throws {
        try await subscriptions.turn()
        try await invoices.turn()
        for intent in try await Payments.untold(limit: Self.most, in: catchUp.outbox.pool) { try await Self.read(intent, catchUp) }
    }

    /// Whether it was brought in and is somebody's here.
    private static func repair(_ prepared: ApplyStripeObject.Prepared, _ catchUp: CatchUp) async throws -> Bool {
        let result = try await catchUp.outbox.transaction { work in try await catchUp.objects.apply(prepared, in: work) }
        if case .applied(let user) = result { return user != nil }
        return false
    }

    /// Method, charge and failures are the intent's to tell, whose events may be lost as well.
    private static func read(intentOf invoice: InvoiceFacts, _ catchUp: CatchUp) async throws {
        guard let intent = invoice.paymentIntentID, invoice.attemptCount > 0 || (invoice.isPaid && invoice.amountPaid > 0) else { return }
        try await read(intent, catchUp)
    }

    private static func read(_ intent: PaymentIntentID, _ catchUp: CatchUp) async throws {
        do { try await catchUp.intent(intent) } catch let error as StripeError where error.kind == .notFound {}
    }

    /// Which of them are of customers that are somebody here.
    private static func ours(_ listed: [(id: String, customer: CustomerID)], in pool: PostgresPool) async throws -> Set<String> {
        let rows = try await pool.query(
            "SELECT stripe_customer_id FROM customers WHERE stripe_customer_id = ANY(\(listed.map(\.customer)))")
        let known = Set(try rows.map { try $0.get("stripe_customer_id", as: CustomerID.self) })
        return Set(listed.filter { known.contains($0.customer) }.map(\.id))
    }
}

extension SubscriptionFacts {
    /// What one period of it costs, before discounts; nil where its prices have no one amount.
    var amount: (amount: Int64, currency: String)? {
        guard let items, let currency = items.first?.currency, items.allSatisfy({ $0.currency == currency }) else { return nil }
        var sum: Int64 = 0
        for item in items {
            guard let unit = item.unitAmount else { return nil }
            let (product, isTooMuch) = unit.multipliedReportingOverflow(by: item.quantity)
            let (next, isTooMuchInAll) = sum.addingReportingOverflow(product)
            if isTooMuch || isTooMuchInAll { return nil }
            sum = next
        }
        return (sum, currency)
    }
}
