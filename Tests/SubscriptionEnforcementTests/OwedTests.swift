import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("A look at a subscription that owes something")
struct OwedTests {
    private static let day = 86_400
    private static let now = 1_795_406_400

    /// What the stub answers to the questions of one look, in their order.
    private static func pastDue(_ invoices: String..., status: String = "past_due", date: String? = StripeStubAnswer.date)
        -> [StripeStubAnswer]
    {
        [
            Answered.list(Answered.subscription(status, invoice: "in_1"), date: date),
            .json(#"{"object":"list","has_more":false,"url":"/v1/rows","data":[\#(invoices.joined(separator: ","))]}"#, date: date),
        ]
    }

    private static func payments(_ intents: String..., date: String? = StripeStubAnswer.date) -> StripeStubAnswer {
        let rows = intents.map {
            #"{"id":"inpay_1","object":"invoice_payment","livemode":false,"invoice":"in_1","status":"open","currency":"usd","#
                + #""payment":{"type":"payment_intent","payment_intent":"\#($0)"}}"#
        }
        return .json(#"{"object":"list","has_more":false,"url":"/v1/rows","data":[\#(rows.joined(separator: ","))]}"#, date: date)
    }

    private static func processing(since time: Int) -> StripeStubAnswer {
        .json(
            #"{"id":"pi_1","object":"payment_intent","livemode":false,"status":"processing","amount":1900,"currency":"usd","#
                + #""created":1795000000,"latest_charge":{"id":"ch_1","object":"charge","status":"pending","created":\#(time)}}"#)
    }

    private static func date(_ seconds: Int) -> String { httpDate(Date(timeIntervalSince1970: TimeInterval(now + seconds))) }

    @Test("keeps the VM while attempts are left and the next is planned, and comes back at that time", .database)
    func retried() async throws {
        let next = Self.now + 3 * 3600
        try await EnforcementBench.run(Self.pastDue(Answered.invoice("in_1", attempts: 1, next: next))) { bench, stub in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            #expect(stub.received.count == 2, "nothing more is to be known")
            try await #expect(
                bench.value("SELECT extract(epoch FROM check_at)::bigint || ' ' || extract(epoch FROM entitled_until)::bigint FROM access")
                    == "\(next) \(next)")
            try await #expect(bench.lookAtThoseDue(at: Date(timeIntervalSince1970: TimeInterval(next - 1))) == 0)
            try await #expect(bench.lookAtThoseDue(at: Date(timeIntervalSince1970: TimeInterval(next))) == 1)
        }
    }

    @Test("gives the time of grace once, from the first failure that was told of", .database, arguments: [true, false])
    func grace(isTold: Bool) async throws {
        let failed = Answered.invoice("in_1", attempts: 1)
        // The event of the first failure is two days old. Without it, grace begins when the failure is first seen.
        let left = isTold ? Self.day : 3 * Self.day
        let before = Self.date(left - 1)
        let after = Self.date(left)
        let script =
            Self.pastDue(failed) + [Self.payments()] + Self.pastDue(failed, date: before) + [Self.payments(date: before)]
            + Self.pastDue(failed, date: after) + [Self.payments(date: after)]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on)
            if isTold {
                let event = StripeObject.invoice(
                    InvoiceFacts(id: "in_1", customerID: "cus_1", currency: "usd", created: EnforcementBench.time))
                try await bench.hear(
                    "evt_2", event, type: "invoice.payment_failed", created: EnforcementBench.time.addingTimeInterval(-172_800))
                try await bench.hear("evt_3", event, type: "invoice.payment_failed", created: EnforcementBench.time)
            }
            for expected in ["on", "on", "hold"] {
                try await bench.look()
                try await #expect(bench.value("SELECT CASE WHEN stop_due_at IS NULL THEN wanted ELSE 'hold' END FROM access") == expected)
            }
        }
    }

    @Test("waits for money that a bank was asked for, and not for ever", .database, arguments: [(20, "on 1"), (21, "off 2")])
    func inFlight(days: Int, access: String) async throws {
        let script =
            Self.pastDue(Answered.invoice("in_1", attempts: 4)) + [
                Self.payments("pi_1"), Self.processing(since: Self.now - days * Self.day),
            ]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.access() == access)
        }
    }

    /// Until 2025-03-31 the invoice named its intent (Stripe's changelog, "Adds support for multiple payments on invoices").
    @Test("finds the money on its way in the older shape too", .database)
    func inFlightOld() async throws {
        let script =
            Self.pastDue(Answered.invoice("in_1", attempts: 4, intent: "pi_1")) + [
                Self.payments(), Self.processing(since: Self.now - Self.day),
            ]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
        }
    }

    @Test("stops nobody when what is on its way cannot be read", .database, arguments: [0, 1])
    func unread(answered: Int) async throws {
        let script = Self.pastDue(Answered.invoice("in_1", attempts: 4)) + [Self.payments("pi_1")].prefix(answered) + [.error(500)]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.value("SELECT attempts FROM access") == "1")
        }
    }

    /// With "leave past_due" the next period's draft is the latest invoice, with no attempt yet and one planned, while the old one stays unpaid
    /// (Stripe's documentation, "How subscriptions work": past_due is about the latest finalized invoice).
    @Test("is not taken in by the next period's draft, and says which invoice it was", .database)
    func nextDraft() async throws {
        let draft = Answered.invoice("in_2", status: "draft", attempts: 0, next: Self.now + 3600)
        let script = Self.pastDue(draft, Answered.invoice("in_1", attempts: 4)) + [Self.payments()]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.access() == "off 2")
            try await #expect(
                bench.value(
                    """
                    SELECT convert_from(body, 'UTF8')::json #>> '{data,evidence,invoice_id}' || ' '
                           || (convert_from(body, 'UTF8')::json #>> '{data,evidence,attempt_count}')
                    FROM outbox WHERE exchange = 'vm.commands'
                    """) == "in_1 4")
        }
    }

    /// Since 2026-09-30 Stripe can pause a subscription at its first failure (Stripe's changelog, "Pause subscriptions").
    @Test("keeps a VM that Stripe paused at the first failure, and stops one that it paused for another reason", .database)
    func paused() async throws {
        let failed = Answered.invoice("in_1", attempts: 1)
        let script = Self.pastDue(failed, status: "paused") + [Self.payments()] + Self.pastDue(status: "paused")
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await bench.pool.query("UPDATE access SET stop_due_at = \(EnforcementBench.time)")
            try await bench.look()
            try await #expect(bench.access() == "off 2")
            try await #expect(bench.value("SELECT reason FROM access") == "paused")
        }
    }
}

@Suite("A look at a customer whom Stripe does not know any more")
struct GoneCustomerTests {
    private static let gone = StripeStubAnswer.error(400, #""type":"invalid_request_error","code":"resource_missing","param":"customer""#)

    @Test("stops the VM when every subscription that was known has ended", .database)
    func ended() async throws {
        let ended = StripeStubAnswer.json(Answered.subscription("canceled"))
        try await EnforcementBench.run([Self.gone, ended, Self.gone, ended]) { bench, _ in
            try await bench.know(.on, subscriptions: ["sub_1"])
            for _ in 1...2 { try await bench.look() }
            try await #expect(bench.access() == "off 2")
        }
    }

    @Test(
        "stops nobody when one has not, cannot be read, or none is known", .database,
        arguments: [.json(Answered.subscription("active")), .error(404), nil] as [StripeStubAnswer?])
    func running(answer: StripeStubAnswer?) async throws {
        try await EnforcementBench.run([Self.gone] + [answer].compactMap(\.self)) { bench, _ in
            try await bench.know(.on, stopIsDue: true, subscriptions: answer == nil ? [] : ["sub_1"])
            try await bench.look()
            try await #expect(bench.access() == "on 1")
        }
    }

    @Test("is not told from another refusal by its status alone", .database)
    func otherRefusal() async throws {
        let refused = StripeStubAnswer.error(400, #""type":"invalid_request_error","code":"resource_missing","param":"status""#)
        try await EnforcementBench.run([refused, .json(Answered.subscription("canceled"))]) { bench, _ in
            try await bench.know(.on, stopIsDue: true, subscriptions: ["sub_1"])
            try await bench.look()
            try await #expect(bench.access() == "on 1")
        }
    }
}
