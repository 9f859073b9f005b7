import Foundation
import HTTPTestKit
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import TestKit
import Testing

@testable import Refund

/// Stripe keeps a 500 under the key and repeats it for a day (its API reference, "Idempotent requests"), and makes no second refund of a charge
/// that is refunded whole (`charge_already_refunded`, its "Error codes").
@Suite("A refund of which Stripe does not say what became")
struct BurntKeyTests {
    private static let failure = StripeStubAnswer.error(500, headers: ["Idempotent-Replayed": "true", "Stripe-Should-Retry": "false"])

    private static func refund(_ id: String, named own: OwnRefundID?, amount: Int64, _ status: String = "succeeded") -> String {
        let metadata = own.map { #"{"refund_id":"\#($0)"}"# } ?? "{}"
        return #"{"id":"\#(id)","object":"refund","charge":"ch_1","payment_intent":"pi_1","currency":"usd","amount":\#(amount),"#
            + #""status":"\#(status)","reason":"requested_by_customer","metadata":\#(metadata),"created":1795406400}"#
    }

    private static func list(_ refunds: String...) -> StripeStubAnswer {
        .json(#"{"object":"list","has_more":false,"url":"/v1/refunds","data":[\#(refunds.joined(separator: ","))]}"#)
    }

    @Test("is found by its name among the refunds of the charge, and adopted", .database)
    func found() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(1000)
            stub.script([
                Self.failure, Self.list(Self.refund("re_9", named: nil, amount: 100), Self.refund("re_1", named: row.id, amount: 1000)),
            ])
            try await #expect(bench.issue(row.id) == "succeeded")
            try await #expect(
                bench.value("SELECT string_agg(stripe_refund_id || ' ' || amount, ',' ORDER BY amount) FROM refunds")
                    == "re_9 100,re_1 1000")
            try await #expect(bench.value("SELECT reserved || ' ' || elsewhere FROM refundable_payments") == "1000 100")
        }
    }

    @Test("of the whole payment gets another key where nothing is found", .database)
    func whole() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(1900)
            stub.script([Self.failure, Self.list(), Self.list(), .json(Self.refund("re_1", named: row.id, amount: 1900))])
            try await #expect(bench.issue(row.id) == "succeeded")
            let keys = stub.received.filter { $0.method == "POST" }.map { $0.header("idempotency-key") }
            #expect(keys.count == 2 && keys[0] == "refund-\(row.id)" && keys[1] != keys[0])
            let bodies = Set(stub.received.filter { $0.method == "POST" }.map(\.body))
            #expect(bodies == ["charge=ch_1&amount=1900&reason=requested_by_customer&metadata%5Brefund_id%5D=\(row.id)"])
        }
    }

    @Test("of a part waits, is looked for, and is an admin's to decide after 24 hours", .database, arguments: ["retry", "abandon"])
    func part(decision: String) async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(500)
            stub.script([Self.failure, Self.list(), Self.list()])
            try await #expect(bench.issue(row.id) == "unknown")
            try await #expect(bench.issue(row.id) == "unknown", "not asked for again")
            try await #expect(bench.alertsRaised() == "refund_undecided \(row.id)")
            let verdict = try #require(DecideRefund.Verdict(rawValue: decision))
            await #expect(throws: RefundRefusal.refundNotUndecided) {
                _ = try await bench.decide().decide(row.id, verdict, by: .init(admin: "admin_2", reason: "x"))
            }
            // 25 hours before what the stub's answers say it is.
            try await bench.outbox.pool.query("UPDATE refunds SET unknown_since = '2026-11-22T03:00:00Z'")
            // Looked for once more before it is decided, and before it is asked for under the new key.
            stub.script([Self.list(), Self.list(), .json(Self.refund("re_1", named: row.id, amount: 500))])
            let decided = try await bench.decide().decide(row.id, verdict, by: .init(admin: "admin_2", reason: "x"))
            #expect(decided.refund?.status == (decision == "retry" ? "succeeded" : "failed"))
            try await #expect(bench.value("SELECT reserved FROM refundable_payments") == (decision == "retry" ? "500" : "0"))
            try await #expect(bench.alertsRaised() == nil)
        }
    }

    @Test("that Stripe refuses gives its reservation back, and tells of what was refunded elsewhere", .database)
    func refused() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(1900)
            stub.script([
                .error(400, #""type":"invalid_request_error","code":"charge_already_refunded","message":"x""#),
                Self.list(Self.refund("re_9", named: nil, amount: 1900)),
            ])
            try await #expect(bench.issue(row.id) == "charge_already_refunded")
            try await #expect(
                bench.value("SELECT concat_ws(' ', status, failure_reason, next_try_at) FROM refunds WHERE id = \(row.id)")
                    == "failed charge_already_refunded")
            try await #expect(bench.value("SELECT reserved || ' ' || elsewhere FROM refundable_payments") == "0 1900")
        }
    }

    @Test(
        "that Stripe refuses for a reason of its own is told in its words, and a key that it does not take as an outage of ours", .database)
    func words() async throws {
        try await RefundBench.run { bench, stub in
            try await bench.hear(Said.payment("pay_1", version: 1, charge: "ch_1"))
            let direct = DecideRefund.Direct(payment: "pay_1", amount: 5, reason: nil, key: "k")
            stub.script([.error(400, #""type":"invalid_request_error","message":"This charge is too old.""#), Self.list()])
            await #expect(throws: RefundRefusal.stripeRefuses("This charge is too old.")) {
                _ = try await bench.decide().refund(direct, by: .init(admin: "admin_1", reason: "x"))
            }
            stub.script([.error(401, #""type":"invalid_request_error""#)])
            let error = await #expect(throws: StripeError.self) {
                _ = try await bench.decide().refund(direct, by: .init(admin: "admin_1", reason: "x"))
            }
            #expect(error?.kind == .authentication)
            try await #expect(bench.value("SELECT reserved FROM refundable_payments") == "0")
        }
    }

    /// The simulation, seed 12: with the database's clock set back by a day each new key was too old for a try, and nothing was given back.
    @Test("is asked for under its key however wrong the clock of the database is", .database, arguments: [-30.0, 30])
    func wrongClock(hours: Double) async throws {
        try await RefundBench.run { bench, stub in
            bench.stripe.clock.hear(Date(timeIntervalSinceNow: hours * 3600))
            let row = try await bench.reserve(1900)
            stub.script([.json(Self.refund("re_1", named: row.id, amount: 1900))])
            try await #expect(bench.issue(row.id) == "succeeded")
            #expect(stub.received.map { $0.header("idempotency-key") } == ["refund-\(row.id)"])
        }
    }

    @Test("is looked for before it is asked for again, and asked for under the same key", .database)
    func timeout() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(500)
            stub.script([.hangUp])
            try await #expect(bench.issue(row.id) == "unknown")
            stub.script([Self.list(), .json(Self.refund("re_1", named: row.id, amount: 500, "pending"))])
            try await #expect(bench.issue(row.id) == "pending")
            let keys = Set(stub.received.filter { $0.method == "POST" }.map { $0.header("idempotency-key") })
            #expect(keys == ["refund-\(row.id)"])
        }
    }

    @Test("is not taken for another's that only bears its name", .database)
    func foreignName() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(500)
            stub.script([Self.failure, Self.list(Self.refund("re_7", named: row.id, amount: 499))])
            try await #expect(bench.issue(row.id) == "unknown")
            try await #expect(bench.value("SELECT reserved || ' ' || elsewhere FROM refundable_payments") == "500 499")
        }
    }

    /// Cards give a refund back up to 30 days later (Stripe's documentation, "Refund and cancel payments", failed refunds).
    @Test("fails after it had succeeded: its reservation comes back once, however often that is told", .database)
    func failsLater() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(500)
            stub.script([.json(Self.refund("re_1", named: row.id, amount: 500))])
            try await #expect(bench.issue(row.id) == "succeeded")
            var failed = RefundFacts(
                id: "re_1", chargeID: "ch_1", paymentIntentID: "pi_1", currency: "usd", amount: 500, status: "failed",
                reason: "requested_by_customer", failureReason: "lost_or_stolen_card", ownID: row.id, created: RefundBench.time)
            for second in 1...3 {
                failed.failureReason = "lost_or_stolen_card"
                try await bench.hear(.refund(failed), "refund.failed", after: Double(second))
                try await #expect(bench.value("SELECT reserved || ' ' || elsewhere FROM refundable_payments") == "0 0")
            }
            try await #expect(bench.alertsRaised() == "refund_failed \(row.id)")
        }
    }

    @Test("made after it was abandoned counts as another one, and an excess is told, not parked", .database)
    func phantom() async throws {
        try await RefundBench.run { bench, stub in
            let row = try await bench.reserve(1000)
            try await bench.issuing.giveBack(row, because: "abandoned")
            _ = try await bench.reserve(1500)
            let made = RefundFacts(
                id: "re_1", chargeID: "ch_1", paymentIntentID: "pi_1", currency: "usd", amount: 1000, status: "succeeded", ownID: row.id,
                created: RefundBench.time)
            try await bench.hear(.refund(made), "refund.created")
            try await #expect(bench.value("SELECT reserved || ' ' || elsewhere FROM refundable_payments") == "1500 1000")
            try await #expect(bench.alertsRaised() == "refunds_exceed_payment pay_1")
        }
    }
}
