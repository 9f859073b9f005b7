import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Refund

@Suite("Refunds and disputes, before and after their payment")
struct OrderTests {
    /// One thing that is heard, at its time after the first.
    private enum Word: Sendable {
        case payment(PaymentRecorded)
        case object(StripeObject, String, Double)

        func reach(_ bench: RefundBench) async throws {
            switch self {
            case .payment(let payment): try await bench.hear(payment)
            case .object(let object, let type, let time): try await bench.hear(object, type, after: time)
            }
        }
    }

    /// A payment whose user is found out later.
    private static func payment(_ number: Int, intent: PaymentIntentID) -> [Word] {
        let id = PaymentID("pay_\(number)")
        return [
            .payment(Said.payment(id, version: 1, user: nil, intent: intent)), .payment(Said.payment(id, version: 2, intent: intent)),
        ]
    }

    /// After the last of the events.
    private static let later = "Mon, 23 Nov 2026 04:00:05 GMT"

    /// Hears the words in every order, each twice, while Stripe answers every question with the truth, and expects the same row.
    private func expect(
        _ row: String, _ columns: Query, of table: Query, answering truth: String, _ words: @Sendable (Int) -> [Word]
    ) async throws {
        let orders = permutations(Array(words(0).indices))
        let answers = Array(repeating: StripeStubAnswer.json(truth, date: Self.later), count: 10 * orders.count)
        try await RefundBench.run(answers) { bench, _ in
            for (number, order) in orders.enumerated() {
                try await #require(TestDatabase.current).owner(of: "refund").query(
                    "TRUNCATE refunds, payment_disputes, refundable_payments")
                for word in (order + order).map({ words(number)[$0] }) { try await word.reach(bench) }
                let value: Query = "SELECT concat_ws(' ', \(query: columns)) FROM \(query: table)"
                let expected = row.replacing("#", with: "\(number)")
                try await #expect(bench.value(value) == expected, "\(order)")
            }
        }
    }

    private static func refundJSON(_ status: String, _ names: String = #""payment_intent":"pi_1","charge":"ch_1""#) -> String {
        #"{"id":"re_1","object":"refund",\#(names),"currency":"usd","amount":500,"status":"\#(status)","created":1795406400}"#
    }

    /// A refund that succeeded can still fail, up to 30 days later (Stripe's documentation, "Refund and cancel payments", "Failed refunds").
    @Test(
        "a refund ends as Stripe says it is, with its payment and user, in any order, each twice", .database,
        arguments: [("pending", "succeeded"), ("succeeded", "failed"), ("requires_action", "succeeded")])
    func refunds(first: String, last: String) async throws {
        try await expect(
            "pay_# user_1 \(last)", "payment_id, user_id, status", of: "refunds", answering: Self.refundJSON(last)
        ) { number in
            Self.payment(number, intent: "pi_1") + [
                .object(.refund(Said.refund("re_1", first, of: "pi_1")), "refund.created", 0),
                .object(.refund(Said.refund("re_1", last, of: "pi_1")), "refund.updated", 1),
            ]
        }
    }

    @Test("two changes within a second end as Stripe says, whatever comes last", .database)
    func sameSecond() async throws {
        try await expect(
            "pay_# failed", "payment_id, status", of: "refunds", answering: Self.refundJSON("failed")
        ) { number in
            Self.payment(number, intent: "pi_1") + [
                .object(.refund(Said.refund("re_1", "succeeded", of: "pi_1")), "refund.created", 0),
                .object(.refund(Said.refund("re_1", "failed", of: "pi_1")), "refund.failed", 0),
            ]
        }
    }

    private static func disputeJSON(_ status: String, due: Int = 0, amount: Int = 1900) -> String {
        #"{"id":"du_1","object":"dispute","livemode":false,"payment_intent":"pi_1","charge":"ch_1","currency":"usd","amount":\#(amount),"#
            + #""reason":"fraudulent","status":"\#(status)","evidence_details":{"due_by":\#(due)},"created":1795406400}"#
    }

    /// Verdicts turn, both ways, and since endive can be appealed (Stripe's changelog, 2026-09-30.endive: `appeal_needs_response`).
    @Test(
        "a dispute ends as Stripe says it is, with its payment and user, in any order, each twice", .database,
        arguments: [("lost", "won"), ("won", "lost"), ("lost", "appeal_needs_response"), ("warning_closed", "needs_response")])
    func disputes(first: String, last: String) async throws {
        try await expect(
            "pay_# user_1 \(last)", "payment_id, user_id, status", of: "payment_disputes", answering: Self.disputeJSON(last)
        ) { number in
            Self.payment(number, intent: "pi_1") + [
                .object(.dispute(Said.dispute("du_1", first, of: "pi_1")), "charge.dispute.closed", 0),
                .object(.dispute(Said.dispute("du_1", last, of: "pi_1")), "charge.dispute.closed", 1),
            ]
        }
    }

    @Test("a later deadline and another amount are kept under the same status, in any order", .database)
    func deadline() async throws {
        let (early, late) = (RefundBench.time.addingTimeInterval(7 * 86_400), RefundBench.time.addingTimeInterval(14 * 86_400))
        try await expect(
            "1500 604800", "amount, extract(epoch FROM evidence_deadline)::bigint - 1795406400", of: "payment_disputes",
            answering: Self.disputeJSON("needs_response", due: 1_795_406_400 + 7 * 86_400, amount: 1500)
        ) { number in
            Self.payment(number, intent: "pi_1") + [
                .object(.dispute(Said.dispute("du_1", "needs_response", of: "pi_1", due: late)), "charge.dispute.created", 0),
                .object(
                    .dispute(Said.dispute("du_1", "needs_response", of: "pi_1", due: early, amount: 1500)), "charge.dispute.updated", 1),
            ]
        }
    }

    @Test("what names no intent joins by its charge, in any order", .database)
    func byCharge() async throws {
        try await RefundBench.run { bench, _ in
            for (number, order) in permutations(Array(0..<4)).enumerated() {
                let (payment, charge) = (PaymentID("pay_\(number)"), ChargeID("ch_\(number)"))
                let (refund, dispute) = (RefundID("re_\(number)"), DisputeID("du_\(number)"))
                let words: [Word] = [
                    .payment(Said.payment(payment, version: 1, user: nil, intent: nil)),
                    .payment(Said.payment(payment, version: 2, intent: nil, charge: charge)),
                    .object(.refund(Said.refund(refund, "succeeded", of: nil, charge)), "refund.created", 0),
                    .object(.dispute(Said.dispute(dispute, "lost", of: nil, charge)), "charge.dispute.closed", 0),
                ]
                for word in (order + order).map({ words[$0] }) { try await word.reach(bench) }
                let rows: Query = """
                    SELECT (SELECT payment_id || user_id FROM refunds WHERE stripe_refund_id = \(refund)) || ' '
                        || (SELECT payment_id || user_id FROM payment_disputes WHERE stripe_dispute_id = \(dispute))
                    """
                try await #expect(bench.value(rows) == "\(payment)user_1 \(payment)user_1", "\(order)")
            }
        }
    }

    @Test("whom it concerned is reported with the event", .database)
    func reported() async throws {
        try await RefundBench.run { bench, _ in
            try await bench.hear(.dispute(Said.dispute("du_1", "needs_response", of: "pi_1")), "charge.dispute.created")
            try await #expect(bench.reportedUser() == nil)
            try await bench.hear(Said.payment("pay_1", version: 1))
            try await bench.hear(.refund(Said.refund("re_1", "pending", of: "pi_1")), "refund.created")
            try await #expect(bench.reportedUser() == "user_1")
        }
    }

    @Test("what was heard before a merge belongs to the payment that stayed, in any order of the versions", .database)
    func merged() async throws {
        try await RefundBench.run { bench, _ in
            for (number, order) in permutations(Array(0..<4)).enumerated() {
                let (stays, goes, intent) = (PaymentID("pay_\(number)_b"), PaymentID("pay_\(number)_a"), PaymentIntentID("pi_\(number)"))
                let versions = [
                    Said.payment(stays, version: 1, intent: nil), Said.payment(stays, version: 2, intent: intent),
                    Said.payment(goes, version: 1, intent: intent), Said.payment(goes, version: 2, intent: intent, mergedInto: stays),
                ]
                let (refund, dispute) = (RefundID("re_\(number)"), DisputeID("dp_\(number)"))
                try await bench.hear(.refund(Said.refund(refund, "succeeded", of: intent)), "refund.created")
                try await bench.hear(.dispute(Said.dispute(dispute, "lost", of: intent)), "charge.dispute.created")
                for version in (order + order).map({ versions[$0] }) { try await bench.hear(version) }
                let rows: Query = """
                    SELECT (SELECT payment_id FROM refunds WHERE stripe_refund_id = \(refund)) || ' '
                        || (SELECT payment_id FROM payment_disputes WHERE stripe_dispute_id = \(dispute))
                    """
                try await #expect(bench.value(rows) == "\(stays) \(stays)", "\(order)")
            }
        }
    }

    @Test("a version that is ignored takes no refund with it", .database)
    func ignored() async throws {
        try await RefundBench.run { bench, _ in
            try await bench.hear(Said.payment("pay_b", version: 2, mergedInto: "pay_a"))
            try await bench.hear(Said.payment("pay_a", version: 2))
            try await bench.hear(.refund(Said.refund("re_1", "succeeded", of: "pi_1")), "refund.created")
            try await bench.hear(Said.payment("pay_b", version: 1))
            try await #expect(bench.value("SELECT payment_id FROM refunds") == "pay_a")
        }
    }

    @Test("charge.refunded names no refund: all of its charge are read from Stripe", .database)
    func chargeRefunded() async throws {
        let rows = ["re_1", "re_2"].map { id in
            #"{"id":"\#(id)","object":"refund","charge":"ch_1","payment_intent":"pi_1","currency":"usd","amount":500,"#
                + #""status":"succeeded","created":1795000000}"#
        }
        let list = StripeStubAnswer.json(
            #"{"object":"list","has_more":false,"url":"/v1/refunds","data":[\#(rows.joined(separator: ","))]}"#)
        try await RefundBench.run([list, list]) { bench, stub in
            try await bench.hear(Said.payment("pay_1", version: 1))
            let charge = ChargeFacts(
                id: "ch_1", paymentIntentID: "pi_1", status: "succeeded", currency: "usd", amount: 1900, amountRefunded: 1000,
                created: RefundBench.time)
            for _ in 1...2 { try await bench.hear(.charge(charge), "charge.refunded") }
            #expect(stub.received.map(\.target) == Array(repeating: "/v1/refunds?charge=ch_1&limit=100", count: 2))
            try await #expect(
                bench.value(
                    "SELECT string_agg(concat_ws(' ', stripe_refund_id, payment_id, status), ', ' ORDER BY stripe_refund_id) FROM refunds")
                    == "re_1 pay_1 succeeded, re_2 pay_1 succeeded")
        }
    }
}
