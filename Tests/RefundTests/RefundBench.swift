import Foundation
import HTTPTestKit
import Logging
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync
import TestKit
import Testing

@testable import Refund

/// Refund's handlers on a database of the test's own, with a stub in Stripe's place; no consumers.
struct RefundBench: Sendable {
    static let time = Date(timeIntervalSince1970: 1_795_406_400)

    let outbox: Outbox
    let stripe: StripeClient

    var alerts: Alerts { Alerts(pool: outbox.pool, logger: Logger(label: "refund", factory: { _ in SwiftLogNoOpLogHandler() })) }
    var refunds: Snapshots<Refunds> {
        Snapshots(Refunds.self, pool: outbox.pool, stripe: stripe) { try await $0.refund(RefundID($1)) }
    }
    var disputes: Snapshots<Disputes> {
        Snapshots(Disputes.self, pool: outbox.pool, stripe: stripe) { try await $0.dispute(DisputeID($1)) }
    }

    /// Runs `body` on a migrated schema, with a stub that gives the scripted answers.
    static func run(_ script: [StripeStubAnswer] = [], _ body: (RefundBench, StripeStub) async throws -> Void) async throws {
        let database = try #require(TestDatabase.current)
        let pool = try await database.pool(role: "refund", with: refundSchema)
        try await StripeStub.servingClient(script) { stripe, stub in
            try await body(RefundBench(outbox: Outbox(pool: pool, service: .refund), stripe: stripe), stub)
        }
    }

    /// Hears of one of Stripe's objects as the consumer does.
    func hear(_ object: StripeObject, _ type: String, after seconds: Double = 0) async throws {
        let handler = StripeEventHandler(stripe: stripe, refunds: refunds, disputes: disputes, alerts: alerts)
        let event = StripeEventReceived(
            stripeEventID: "evt_1", eventType: type, created: Self.time.addingTimeInterval(seconds), apiVersion: nil, objectID: nil,
            object: object)
        let finding = try await handler.prepare(event)
        let outcome = try await outbox.transaction { work in try await handler.apply(event, finding, in: work) }
        #expect(outcome == .done)
    }

    var issuing: IssueRefund {
        IssueRefund(outbox: outbox, stripe: stripe, refunds: refunds, alerts: alerts, retry: RetryPolicy(maximumDelay: .seconds(1)))
    }

    func decide() -> DecideRefund {
        DecideRefund(
            outbox: outbox, issue: issuing, fullRefund: .keep,
            logger: Logger(label: "refund", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// A refund of so much of a payment of 1900 that `user_1` has made, reserved and not asked for.
    func reserve(_ amount: Int64) async throws -> RefundRow {
        try await hear(Said.payment("pay_1", version: 1, charge: "ch_1"))
        return try await outbox.transaction { work in
            let payment = try #require(try await RefundablePayments.find("pay_1", in: work))
            let row = try await Refunds.reserve(
                .init(
                    id: OwnRefundID(UUID().uuidString.lowercased()), payment: payment, amount: amount, reason: "requested_by_customer",
                    admin: "admin_1", adminReason: "x", decidedAt: stripe.time), in: work)
            try await SettlePayment(work: work, alerts: alerts)("pay_1", telling: [])
            return row
        }
    }

    /// One try to make it at Stripe: the refund's status then, or what Stripe refused.
    func issue(_ id: OwnRefundID) async throws -> String {
        switch try await issuing(id) {
        case .row(let row): row.status
        case .refused(let error): error.code ?? error.description
        }
    }

    /// What an operator has to look at.
    func alertsRaised() async throws -> String? {
        try await value("SELECT string_agg(code || ' ' || subject, ',' ORDER BY code, subject) FROM alerts WHERE cleared_at IS NULL")
    }

    /// Whom the newest report about an event of Stripe's names.
    func reportedUser() async throws -> UserID? {
        let rows = try await outbox.pool.query("SELECT body FROM outbox WHERE routing_key = \(EventHandled.key) ORDER BY id DESC LIMIT 1")
        return try WireJSON.decode(CloudEvent<EventHandled>.self, from: rows[0].get("body")).data.userID
    }

    /// Hears of a payment as the consumer does.
    func hear(_ payment: PaymentRecorded) async throws {
        let handler = PaymentRecordedHandler(stripe: stripe, alerts: alerts)
        try await outbox.transaction { work in
            try await handler.apply([Heard(id: UUID().uuidString, message: payment)], in: work)
        }
    }

    /// One value of one row, as text.
    func value(_ query: Query) async throws -> String? {
        try await outbox.pool.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }
}

/// What is said in these tests, with everything that does not matter filled in.
enum Said {
    static func payment(
        _ id: PaymentID, version: Int64, user: UserID? = "user_1", intent: PaymentIntentID? = "pi_1", charge: ChargeID? = nil,
        mergedInto survivor: PaymentID? = nil
    ) -> PaymentRecorded {
        PaymentRecorded(
            paymentID: id, version: version, userID: user, amount: 1900, amountRefunded: 0, currency: "usd", status: .succeeded,
            paymentMethod: "card", planID: "basic", stripePaymentIntentID: intent, stripeChargeID: charge, stripeInvoiceID: nil,
            stripeSubscriptionID: nil,
            createdAt: RefundBench.time, mergedInto: survivor)
    }

    static func refund(_ id: RefundID, _ status: String, of intent: PaymentIntentID?, _ charge: ChargeID = "ch_1") -> RefundFacts {
        RefundFacts(
            id: id, chargeID: charge, paymentIntentID: intent, currency: "usd", amount: 500, status: status, created: RefundBench.time)
    }

    static func dispute(
        _ id: DisputeID, _ status: String, of intent: PaymentIntentID?, _ charge: ChargeID = "ch_1", due: Date? = nil, amount: Int64 = 1900
    ) -> DisputeFacts {
        DisputeFacts(
            id: id, chargeID: charge, paymentIntentID: intent, currency: "usd", amount: amount, reason: "fraudulent", status: status,
            evidenceDueBy: due, created: RefundBench.time)
    }
}
