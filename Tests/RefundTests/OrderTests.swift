import HTTPTestKit
import Messages
import Models
import Postgres
import TestKit
import Testing

@testable import Refund

@Suite("Refunds and disputes, before and after their payment")
struct OrderTests {
    /// One thing that is heard.
    private enum Word: Sendable {
        case payment(PaymentRecorded)
        case object(StripeObject, String)

        func reach(_ bench: RefundBench) async throws {
            switch self {
            case .payment(let payment): try await bench.hear(payment)
            case .object(let object, let type): try await bench.hear(object, type)
            }
        }
    }

    /// A payment whose user is found out later.
    private static func payment(_ number: Int) -> [Word] {
        let (id, intent) = (PaymentID("pay_\(number)"), PaymentIntentID("pi_\(number)"))
        return [
            .payment(Said.payment(id, version: 1, user: nil, intent: intent)), .payment(Said.payment(id, version: 2, intent: intent)),
        ]
    }

    @Test("a refund ends in its furthest state, with its payment and user, in any order, each twice", .database)
    func refunds() async throws {
        try await RefundBench.run { bench, _ in
            for (number, order) in permutations(Array(0..<4)).enumerated() {
                let (id, intent) = (RefundID("re_\(number)"), PaymentIntentID("pi_\(number)"))
                let words =
                    Self.payment(number) + [
                        .object(.refund(Said.refund(id, "pending", of: intent)), "refund.created"),
                        .object(.refund(Said.refund(id, "succeeded", of: intent)), "refund.updated"),
                    ]
                for word in (order + order).map({ words[$0] }) { try await word.reach(bench) }
                let row: Query = "SELECT concat_ws(' ', payment_id, user_id, status) FROM refunds WHERE stripe_refund_id = \(id)"
                try await #expect(bench.value(row) == "pay_\(number) user_1 succeeded", "\(order)")
            }
        }
    }

    @Test("a dispute ends in its furthest state, with its payment and user, in any order, each twice", .database)
    func disputes() async throws {
        try await RefundBench.run { bench, _ in
            for (number, order) in permutations(Array(0..<4)).enumerated() {
                let (id, intent) = (DisputeID("dp_\(number)"), PaymentIntentID("pi_\(number)"))
                let words =
                    Self.payment(number) + [
                        .object(.dispute(Said.dispute(id, "needs_response", of: intent)), "charge.dispute.created"),
                        .object(.dispute(Said.dispute(id, "lost", of: intent)), "charge.dispute.closed"),
                    ]
                for word in (order + order).map({ words[$0] }) { try await word.reach(bench) }
                let row: Query = "SELECT concat_ws(' ', payment_id, user_id, status) FROM payment_disputes WHERE stripe_dispute_id = \(id)"
                try await #expect(bench.value(row) == "pay_\(number) user_1 lost", "\(order)")
            }
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
                bench.value("SELECT string_agg(concat_ws(' ', stripe_refund_id, payment_id, status), ', ' ORDER BY id) FROM refunds")
                    == "re_1 pay_1 succeeded, re_2 pay_1 succeeded")
        }
    }
}
