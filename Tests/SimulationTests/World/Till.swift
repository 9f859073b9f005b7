import Foundation
import Logging
import Messages
import Models
import Postgres
import StripeSync
import TestKit

@testable import Checkout
@testable import Messaging
@testable import Refund
@testable import ServiceKit
@testable import Stripe

/// Checkout and refund as one job of a process has them: what hears, and what is done every so often.
///
/// It is made anew for each job: a read of Stripe that several of one process share would have one job wait for another.
struct Till: Sendable {
    /// What it hears.
    static let queues: Set<String> = Set(
        [
            Topology.checkoutStripeEvents, Topology.checkoutAccess, Topology.checkoutRefunds, Topology.checkoutEnds,
            Topology.refundStripeEvents, Topology.refundDuplicates, Topology.refundPayments,
        ].map(\.name))
    private static let bound = Duration.seconds(1800)

    private let consumers: [Consumers]
    private let settle: SettleDuplicates
    private let revive: ReviveUnpaid
    private let watch: WatchOrphanMoney
    private let lists: Checkout.Reconcile
    private let finish: FinishOpen
    private let refundLists: Refund.Reconcile
    private let decide: DecideRefund

    init(stripe: StripeClient, _ database: SimulatedDatabase, plans: PlanCatalogue, retry: RetryPolicy) {
        let (checkout, refund, quiet) = (database.checkout, database.refund, Logger.quiet)
        let (outbox, alerts) = (Outbox(pool: checkout, service: .checkout), Alerts(pool: checkout, logger: quiet))
        let objects = ApplyStripeObject(
            pool: checkout, stripe: stripe, plans: plans, installation: Installation(pool: checkout, setting: Life.installation))
        let (catchUp, endCollection) = (CatchUp(outbox: outbox, objects: objects), EndCollection(stripe: stripe, policy: .void))
        settle = SettleDuplicates(catchUp: catchUp, endCollection: endCollection, alerts: alerts, logger: quiet)
        revive = ReviveUnpaid(catchUp: catchUp, endCollection: endCollection, policy: .void, alerts: alerts, logger: quiet)
        watch = WatchOrphanMoney(pool: checkout, alerts: alerts, bound: Self.bound) { stripe.time }
        lists = Checkout.Reconcile(catchUp: catchUp, alerts: alerts, logger: quiet)

        let (refundOutbox, refundAlerts) = (Outbox(pool: refund, service: .refund), Alerts(pool: refund, logger: quiet))
        let refunds = Snapshots(Refunds.self, pool: refund, stripe: stripe) { try await $0.refund(RefundID($1)) }
        let disputes = Snapshots(Disputes.self, pool: refund, stripe: stripe) { try await $0.dispute(DisputeID($1)) }
        let issue = IssueRefund(outbox: refundOutbox, stripe: stripe, refunds: refunds, alerts: refundAlerts, retry: retry)
        let answer = AnswerDispute(
            outbox: refundOutbox, stripe: stripe, disputes: disputes, alerts: refundAlerts, retry: retry, logger: quiet)
        // One at a time: what is done side by side is in no order.
        finish = FinishOpen(issue: issue, answer: answer, pool: refund, logger: quiet, most: 1)
        refundLists = Refund.Reconcile(
            outbox: refundOutbox, stripe: stripe, refunds: refunds, disputes: disputes, alerts: refundAlerts, logger: quiet)
        decide = DecideRefund(outbox: refundOutbox, issue: issue, fullRefund: .keep, logger: quiet)

        let isStripes = { @Sendable (type: String) in type.hasPrefix("stripe.") }
        let given = Refund.StripeEventHandler(stripe: stripe, refunds: refunds, disputes: disputes, alerts: refundAlerts)
        let ofCheckout: [(Topology.Queue, Dispatch)] = [
            (Topology.checkoutStripeEvents, Dispatch().on(Checkout.StripeEventHandler(objects: objects), types: isStripes)),
            (Topology.checkoutAccess, Dispatch().on(AccessChangedHandler())),
            (Topology.checkoutRefunds, Dispatch().on(RefundChangedHandler())),
            (Topology.checkoutEnds, Dispatch().on(EndRequestedHandler(pool: checkout, stripe: stripe))),
        ]
        let ofRefund: [(Topology.Queue, Dispatch)] = [
            (Topology.refundStripeEvents, Dispatch().on(given, types: isStripes)),
            (Topology.refundDuplicates, Dispatch().on(SubscriptionDuplicatedHandler(stripe: stripe, alerts: refundAlerts))),
            (Topology.refundPayments, Dispatch().on(PaymentRecordedHandler(stripe: stripe, alerts: refundAlerts))),
        ]
        consumers = [
            Consumers(ofCheckout, outbox, alerts, retry: retry), Consumers(ofRefund, refundOutbox, refundAlerts, retry: retry),
        ]
    }

    /// Takes one message.
    func hear(_ body: [UInt8], from queue: String) async throws {
        for one in consumers { try await one.hear([body], from: queue) }
    }

    /// Takes up messages that are due again, one of each queue at most.
    func retryDue() async throws {
        for one in consumers { try await one.retryDue() }
    }

    /// What is done every few seconds, and, with `lists`, what is done every few hours: whether Stripe's lists were compared to their ends.
    func keepUp(lists isLong: Bool) async throws -> Bool {
        try await settle()
        try await revive()
        for _ in 0..<3 { try await finish.refunds() }
        try await watch()
        guard isLong else { return false }
        do {
            try await lists()
            try await refundLists()
            return true
        } catch is StripeError {
            return false
        }
    }

    /// A customer has been made for a user.
    func link(_ customer: CustomerID, to user: UserID) async throws {
        _ = try await settle.catchUp.outbox.transaction { work in try await Customers.link(customer, to: user, in: work) }
    }

    /// Gives the newest payment of a user back: whole, or a part of it. Asked for again under the same key it is the same refund.
    func giveBack(to user: UserID, part: Int64?, key: String) async throws {
        let newest: Query = """
            SELECT payment_id FROM refundable_payments
            WHERE user_id = \(user) AND merged_into IS NULL AND status = 'succeeded' ORDER BY paid_at DESC, payment_id LIMIT 1
            """
        guard let payment = try await decide.outbox.pool.query(newest).first?.get("payment_id", as: PaymentID.self) else { return }
        let direct = DecideRefund.Direct(payment: payment, amount: part, reason: "requested_by_customer", key: key)
        _ = try await decide.refund(direct, by: .init(admin: "office", reason: "goodwill"))
    }
}
