import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("A look at a user of whom not everything can be read")
struct FailingReadTests {
    /// How long is waited for an answer that never comes; longer where another one must come.
    private static let timeout = Duration.milliseconds(500)
    private static let patience = Duration.seconds(3)

    /// The user is as before, a stop still waits, and the next look is set.
    private func nothingHappened(_ bench: EnforcementBench) async throws {
        try await #expect(bench.access() == "on 1")
        try await #expect(bench.commands() == "")
        let next = try await bench.value(
            "SELECT attempts || ' ' || (retry_at > now()) || ' ' || (stop_due_at IS NOT NULL) || ' ' || (last_error <> '') FROM access")
        #expect(next == "1 true true true")
    }

    @Test("stops nobody when a list fails, whatever was read beside it", .database, arguments: Answered.failures)
    func list(failure: StripeStubAnswer) async throws {
        let script = [failure, .json(Answered.subscription("unpaid"))]
        try await EnforcementBench.run(script, timeout: Self.timeout) { bench, _ in
            try await bench.know(.on, stopIsDue: true, subscriptions: ["sub_1"])
            try await bench.look()
            try await nothingHappened(bench)
        }
    }

    @Test(
        "stops nobody when a subscription fails that the list left out", .database,
        arguments: [
            .error(401), .error(404), .error(429), .error(500), .silence, .json("<html>"),
            .json(Answered.subscription("active", livemode: true)),
        ] as [StripeStubAnswer])
    func leftOut(failure: StripeStubAnswer) async throws {
        let script = [Answered.list(Answered.subscription("canceled", id: "sub_2")), failure]
        try await EnforcementBench.run(script, timeout: Self.patience) { bench, stub in
            try await bench.know(.on, stopIsDue: true, subscriptions: ["sub_1"])
            try await bench.look()
            try await nothingHappened(bench)
            #expect(stub.received.map(\.target).last == "/v1/subscriptions/sub_1")
        }
    }

    @Test(
        "stops nobody when the invoice fails that decides", .database,
        arguments: [.error(403), .error(404), .error(500), .silence] as [StripeStubAnswer])
    func invoice(failure: StripeStubAnswer) async throws {
        let script = [Answered.list(Answered.subscription("past_due", invoice: "in_1")), failure]
        try await EnforcementBench.run(script, timeout: Self.timeout) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await nothingHappened(bench)
        }
    }

    @Test(
        "stops without the invoice of an unpaid subscription", .database,
        arguments: [.error(404), .error(500), .silence, .json("<html>")] as [StripeStubAnswer])
    func evidence(failure: StripeStubAnswer) async throws {
        let script = [Answered.list(Answered.subscription("unpaid", invoice: "in_1")), failure]
        try await EnforcementBench.run(script, timeout: Self.patience) { bench, stub in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            try await #expect(bench.commands() == "vm.shutdown.v1 2")
            #expect(stub.received.count == 2)
        }
    }

    @Test("starts by another customer's subscription", .database, arguments: [.error(404), .error(500), .silence] as [StripeStubAnswer])
    func otherCustomer(failure: StripeStubAnswer) async throws {
        let script = [failure, Answered.list(Answered.subscription("active", customer: "cus_2"))]
        try await EnforcementBench.run(script, timeout: Self.patience) { bench, _ in
            try await bench.know()
            try await bench.link("cus_2")
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.commands() == "vm.restore.v1 1")
        }
    }

    @Test("starts by a subscription that is read after one which is gone", .database)
    func oldSubscription() async throws {
        let active = StripeStubAnswer.json(Answered.subscription("active", id: "sub_2"))
        try await EnforcementBench.run([Answered.list(), .error(404), active]) { bench, _ in
            try await bench.know(subscriptions: ["sub_1", "sub_2"])
            try await bench.look()
            try await #expect(bench.commands() == "vm.restore.v1 1")
        }
    }

    @Test("starts when another subscription's invoice fails", .database)
    func otherInvoice() async throws {
        let list = Answered.list(
            Answered.subscription("past_due", id: "sub_1", invoice: "in_1"), Answered.subscription("past_due", id: "sub_2", invoice: "in_2")
        )
        let planned = Answered.list(Answered.invoice("in_2", of: "sub_2", attempts: 1, next: Answered.monthEnd))
        try await EnforcementBench.run([list, .error(500), planned]) { bench, _ in
            try await bench.know()
            try await bench.look()
            try await #expect(bench.commands() == "vm.restore.v1 1")
        }
    }

    @Test("asks nothing more once a subscription says on", .database)
    func enough() async throws {
        let list = Answered.list(Answered.subscription("active"), Answered.subscription("past_due", id: "sub_2", invoice: "in_2"))
        try await EnforcementBench.run([list]) { bench, stub in
            try await bench.know(subscriptions: ["sub_1", "sub_3"])
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            #expect(stub.received.count == 1)
        }
    }
}
