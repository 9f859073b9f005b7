import HTTPTestKit
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("Looks at a user, one after another")
struct LookTests {
    private static func list(_ status: String) -> StripeStubAnswer { Answered.list(Answered.subscription(status)) }

    @Test("stop at the second that says so", .database)
    func stop() async throws {
        try await EnforcementBench.run([Self.list("unpaid"), Self.list("unpaid")]) { bench, _ in
            try await bench.know(.on)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.commands() == "")
            try await bench.look()
            try await #expect(bench.access() == "off 2")
            try await #expect(bench.commands() == "vm.shutdown.v1 2")
        }
    }

    @Test("call a stop off when a payment comes during the hold-down", .database)
    func paid() async throws {
        try await EnforcementBench.run([Self.list("unpaid"), Self.list("active"), Self.list("unpaid")]) { bench, _ in
            try await bench.know(.on)
            try await bench.look()
            try await #expect(bench.value("SELECT stop_due_at IS NOT NULL FROM access") == "true")
            try await bench.hear("evt_paid")
            try await bench.look()
            try await #expect(bench.value("SELECT stop_due_at IS NULL FROM access") == "true")
            try await bench.look()
            try await #expect(bench.access() == "on 1", "the hold-down begins anew")
            try await #expect(bench.commands() == "")
        }
    }

    @Test("stop only by answers that are fresh, and start by any of their own", .database)
    func freshness() async throws {
        try await EnforcementBench.run([Self.list("unpaid"), Self.list("canceled"), Self.list("active")], freshness: .zero) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            for _ in 1...2 { try await bench.look() }
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.value("SELECT attempts FROM access") == "2")
            try await bench.pool.query("UPDATE access SET wanted = 'off', generation = 2, stop_due_at = NULL")
            try await bench.look()
            try await #expect(bench.access() == "on 3")
            try await #expect(bench.commands() == "vm.restore.v1 3")
        }
    }

    @Test("say with a stop how often Stripe had tried, where that can be read", .database)
    func evidence() async throws {
        let script = [Answered.list(Answered.subscription("unpaid", invoice: "in_1")), .json(Answered.invoice("in_1", attempts: 4))]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on, stopIsDue: true)
            try await bench.look()
            let tries = try await bench.value(
                """
                SELECT convert_from(body, 'UTF8')::json #>> '{data,evidence,attempt_count}' FROM outbox WHERE exchange = 'vm.commands'
                """)
            #expect(tries == "4")
        }
    }

    @Test("raise the generation by one with each change, and never for the same state", .database)
    func generations() async throws {
        let statuses = ["active", "active", "unpaid", "unpaid", "unpaid", "canceled", "trialing", "active"]
        try await EnforcementBench.run(statuses.map(Self.list)) { bench, _ in
            try await bench.know()
            var seen: [String] = []
            for _ in statuses {
                try await bench.look()
                seen.append(try await bench.access() ?? "")
            }
            #expect(seen == ["on 1", "on 1", "on 1", "off 2", "off 2", "off 2", "on 3", "on 3"])
            try await #expect(bench.commands() == "vm.restore.v1 1, vm.shutdown.v1 2, vm.restore.v1 3")
            try await #expect(bench.said("access.changed.v1", "generation") == "1 2 3")
        }
    }

    @Test("tell checkout of a renewal under the same generation, with the time of the later read", .database)
    func renewal() async throws {
        let renewed = Answered.list(
            Answered.subscription("active", until: Answered.nextMonthEnd), date: "Mon, 23 Nov 2026 05:00:00 GMT")
        try await EnforcementBench.run([Self.list("active"), renewed, renewed]) { bench, _ in
            try await bench.know()
            for _ in 1...3 { try await bench.look() }
            try await #expect(bench.said("access.changed.v1", "generation") == "1 1")
            try await #expect(bench.said("access.changed.v1", "entitled_until") == "2026-12-23T04:00:00Z 2027-01-22T04:00:00Z")
            try await #expect(bench.said("access.changed.v1", "decided_at") == "2026-11-23T04:00:00Z 2026-11-23T05:00:00Z")
        }
    }

    @Test("alert when several in a row decide nothing, until one does", .database)
    func alert() async throws {
        let script = Array(repeating: Self.list("some_future_status"), count: 6) + [Self.list("active")]
        let open: Query = "SELECT string_agg(code || ' ' || subject, ', ') FROM alerts WHERE cleared_at IS NULL"
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know(.on)
            for _ in 1...5 { try await bench.look() }
            try await #expect(bench.value(open) == nil)
            try await bench.look()
            try await #expect(bench.value(open) == "enforcement_undecided user_1")
            try await bench.look()
            try await #expect(bench.value(open) == nil)
            try await #expect(bench.access() == "on 1")
        }
    }
}

@Suite("A claim on a user")
struct ClaimTests {
    private static let active = Answered.list(Answered.subscription("active"))

    @Test("does not let a hint wait out the delay of a failed look", .database, arguments: [true, false])
    func hintDuringFailure(isHeard: Bool) async throws {
        try await EnforcementBench.run { bench, _ in
            try await bench.know()
            let claim = try await bench.claim()
            if isHeard { try await bench.hear("evt_1") }
            try await AccessClaims.postpone(claim, by: .seconds(3600), because: "Stripe is away", in: bench.pool)
            let isSoon = try await bench.value("SELECT retry_at < now() + interval '5 seconds' FROM access")
            #expect(isSoon == (isHeard ? "true" : "false"))
        }
    }

    @Test("leads to another look when something is heard during the first", .database, arguments: [true, false])
    func hintDuringLook(isHeard: Bool) async throws {
        try await EnforcementBench.run([Self.active]) { bench, _ in
            try await bench.know()
            let claim = try await bench.claim()
            if isHeard { try await bench.hear("evt_1") }
            let others = try await AccessClaims.claim(limit: 8, now: nil, in: bench.pool)
            #expect(others.isEmpty, "the look is not disturbed")
            let isDecided = try await bench.worker.enforce(claim)
            #expect(isDecided)
            try await #expect(bench.value("SELECT count(*) FROM access WHERE asked_at <= now()") == (isHeard ? "1" : "0"))
        }
    }

    @Test("that has run out decides nothing and postpones nothing", .database)
    func expired() async throws {
        try await EnforcementBench.run([Self.active]) { bench, _ in
            try await bench.know()
            let claim = try await bench.claim()
            try await bench.pool.query("UPDATE access SET claimed_until = now()")
            let isDecided = try await bench.worker.enforce(claim)
            #expect(!isDecided)
            try await AccessClaims.postpone(claim, by: .seconds(3600), because: "late", in: bench.pool)
            try await #expect(bench.access() == "off 0")
            try await #expect(bench.commands() == "")
            try await #expect(bench.value("SELECT attempts || ' ' || (asked_at <= now()) FROM access") == "0 true")
        }
    }

    @Test("gives way to a later one", .database)
    func overtaken() async throws {
        try await EnforcementBench.run([Self.active, Self.active]) { bench, _ in
            try await bench.know()
            let first = try await bench.claim()
            let second = try await bench.claim()
            let decided = [try await bench.worker.enforce(first), try await bench.worker.enforce(second)]
            #expect(decided == [false, true])
            try await #expect(bench.commands() == "vm.restore.v1 1")
        }
    }
}
