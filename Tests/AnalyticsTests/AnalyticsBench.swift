import Foundation
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Analytics

/// Analytics' handlers on a database of the test's own; no consumers.
struct AnalyticsBench: Sendable {
    let outbox: Outbox

    /// On a migrated schema.
    static func make() async throws -> AnalyticsBench {
        let database = try #require(TestDatabase.current)
        return AnalyticsBench(outbox: Outbox(pool: try await database.pool(role: "analytics", with: analyticsSchema), service: .analytics))
    }

    /// Hears all of them in one transaction, as the consumer does with a delivery.
    func hear(_ facts: [Fact]) async throws {
        try await outbox.transaction { work in
            try await Self.hear(facts, \.payment, PaymentRecordedHandler(), in: work)
            try await Self.hear(facts, \.subscription, SubscriptionChangedHandler(), in: work)
            try await Self.hear(facts, \.attempt, PaymentAttemptFailedHandler(), in: work)
            try await Self.hear(facts, \.refund, RefundChangedHandler(), in: work)
            try await Self.hear(facts, \.dispute, DisputeChangedHandler(), in: work)
        }
    }

    private static func hear<H: BatchHandler>(
        _ facts: [Fact], _ message: (Fact) -> H.Payload?, _ handler: H, in work: UnitOfWork
    ) async throws {
        let heard = facts.compactMap(message).map { Heard(id: UUID().uuidString, message: $0) }
        if !heard.isEmpty { try await handler.apply(heard, in: work) }
    }

    /// The figures that are not zero, each as `currency figure day part count amount`; only those whose names begin so, of a currency.
    func figures(_ prefix: String = "", _ currency: String? = nil) async throws -> [String] {
        try await outbox.pool.query(
            """
            SELECT concat_ws(' ', currency, figure, day, part, count, amount) AS line FROM figures
            WHERE starts_with(figure, \(prefix)) AND currency = coalesce(\(currency), currency) AND (count <> 0 OR amount <> 0) ORDER BY currency, figure, day, part
            """
        ).map { try $0.get("line") }
    }

    /// How many figures are not what they are when all is counted from the beginning.
    func differences() async throws -> Int {
        try await outbox.pool.query("SELECT * FROM rebuild_figures()").count
    }

    func use(timeZone: String) async throws {
        try await outbox.pool.query("SELECT use_time_zone(\(timeZone))")
    }
}

/// Something that analytics hears.
enum Fact: Sendable {
    case paid(PaymentRecorded)
    case subscribed(SubscriptionChanged)
    case failed(PaymentAttemptFailed)
    case refunded(RefundChanged)
    case disputed(DisputeChanged)

    var payment: PaymentRecorded? { if case .paid(let message) = self { message } else { nil } }
    var subscription: SubscriptionChanged? { if case .subscribed(let message) = self { message } else { nil } }
    var attempt: PaymentAttemptFailed? { if case .failed(let message) = self { message } else { nil } }
    var refund: RefundChanged? { if case .refunded(let message) = self { message } else { nil } }
    var dispute: DisputeChanged? { if case .disputed(let message) = self { message } else { nil } }
}

/// Facts with everything that does not matter filled in. Times are RFC 3339.
extension Fact {
    static func time(_ text: String) -> Date { WireJSON.date(text.utf8.count == 10 ? text + "T12:00:00Z" : text) ?? .distantPast }

    static func payment(
        _ id: String, _ version: Int64 = 1, _ status: PaymentStatus = .succeeded, _ amount: Int64 = 1900, at paid: String,
        _ currency: String = "usd", plan: String? = "basic", user: UserID? = "user_1", mergedInto survivor: String? = nil
    ) -> Fact {
        let isPaid = status == .succeeded || status == .refunded
        return .paid(
            PaymentRecorded(
                paymentID: PaymentID(id), version: version, userID: user, amount: amount, amountRefunded: 0, currency: currency,
                status: status, paymentMethod: "card", planID: plan, stripePaymentIntentID: PaymentIntentID("pi_\(id)"),
                stripeInvoiceID: InvoiceID("in_\(id)"), stripeSubscriptionID: nil, createdAt: time(paid), paidAt: isPaid ? time(paid) : nil,
                mergedInto: survivor.map { PaymentID($0) }))
    }

    static func subscription(
        _ id: String, _ version: Int64, _ status: String, _ amount: Int64? = 1900, at changed: String, _ currency: String = "usd",
        user: UserID = "user_1", every interval: String = "month", count: Int64 = 1, discount: SubscriptionChanged.Discount? = nil,
        ended: String? = nil, because reason: String? = nil, trialEnd: String? = nil, made created: String? = nil
    ) -> Fact {
        .subscribed(
            SubscriptionChanged(
                subscriptionID: SubscriptionID(id), version: version, userID: user, planID: "basic", status: status, amount: amount,
                currency: currency, interval: interval, intervalCount: count, quantity: 1, discount: discount, currentPeriodStart: nil,
                currentPeriodEnd: nil, cancelAtPeriodEnd: false, endedAt: ended.map(time), cancellationReason: reason,
                trialEnd: trialEnd.map(time), createdAt: time(created ?? changed), changedAt: time(changed)))
    }

    static func attempt(
        _ id: String, of payment: String, _ number: Int64?, at failed: String, _ version: Int64 = 1, _ currency: String = "usd",
        recovered: String? = nil,
        code: String? = "card_declined", amount: Int64 = 1900
    ) -> Fact {
        .failed(
            PaymentAttemptFailed(
                attemptID: id, version: version, paymentID: PaymentID(payment), userID: "user_1", planID: "basic", amount: amount,
                currency: currency, failureCode: code, attemptNumber: number, failedAt: time(failed), recoveredAt: recovered.map(time),
                stripePaymentIntentID: "pi_1"))
    }

    static func refund(
        _ id: String, _ version: Int64 = 1, _ status: String = "succeeded", _ amount: Int64 = 500, of payment: String, at made: String,
        reason: String? = "requested_by_customer"
    ) -> Fact {
        .refunded(
            RefundChanged(
                refundID: OwnRefundID(id), version: version, paymentID: PaymentID(payment), userID: "user_1", stripeRefundID: nil,
                refundRequestID: nil, amount: amount, currency: "usd", status: status, reason: reason, refundedAt: time(made),
                paymentAmountRefunded: amount))
    }

    static func dispute(
        _ id: String, _ version: Int64, _ status: String, _ amount: Int64 = 1900, of payment: String, at opened: String, isOut: Bool? = nil
    ) -> Fact {
        .disputed(
            DisputeChanged(
                stripeDisputeID: DisputeID(id), version: version, paymentID: PaymentID(payment), userID: "user_1", amount: amount,
                currency: "usd", reason: "fraudulent", status: status, isMoneyOut: isOut, evidenceDeadline: nil, disputedAt: time(opened)))
    }
}
