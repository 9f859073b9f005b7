import Foundation
import HTTPTestKit
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("Who is looked at, and when")
struct DueTests {
    /// Users with what is due of them, by Stripe's clock and our own.
    private func know(_ user: String, _ columns: Query, _ values: Query, in bench: EnforcementBench) async throws {
        try await bench.pool.query("INSERT INTO access (user_id, \(query: columns)) VALUES (\(user), \(query: values))")
    }

    private func claimed(_ bench: EnforcementBench, limit: Int = 8, now: Date? = EnforcementBench.time) async throws -> [String] {
        try await AccessClaims.claim(limit: limit, now: now, in: bench.pool).map(\.user.rawValue).sorted()
    }

    @Test("starts go before stops, and stops before looks that nobody asked for", .database)
    func urgency() async throws {
        try await EnforcementBench.run { bench, _ in
            let past: Query = "\(EnforcementBench.time) - interval '1 day'"
            try await know("routine", "wanted, generation, check_at", "'on', 1, \(query: past) - interval '1 day'", in: bench)
            try await know("held", "wanted, generation, check_at, stop_due_at", "'on', 1, \(query: past), \(query: past)", in: bench)
            try await know("asked", "wanted, generation, check_at, asked_at", "'on', 1, '2100-01-01', now()", in: bench)
            try await know("new", "asked_at", "now()", in: bench)
            try await #expect(claimed(bench, limit: 1) == ["new"])
            try await #expect(claimed(bench, limit: 2) == ["asked", "held"])
            try await #expect(claimed(bench) == ["routine"])
            try await #expect(claimed(bench) == [], "everybody is claimed")
        }
    }

    @Test("looks that nobody asked for leave places for others", .database)
    func routine() async throws {
        try await EnforcementBench.run { bench, _ in
            for user in ["a", "b", "c"] {
                try await know(user, "wanted, generation, check_at", "'on', 1, \(EnforcementBench.time)", in: bench)
            }
            let claims = try await AccessClaims.claim(limit: 8, routine: 2, now: EnforcementBench.time, in: bench.pool)
            #expect(claims.map(\.isRoutine) == [true, true])
            try await know("new", "asked_at", "now()", in: bench)
            let others = try await AccessClaims.claim(limit: 8, routine: 0, now: EnforcementBench.time, in: bench.pool)
            #expect(others.map(\.user) == ["new"] && !others[0].isRoutine)
        }
    }

    @Test("a look that nobody asked for is due by Stripe's clock, whatever ours says", .database, arguments: [-1.0, 0, 1])
    func stripesClock(days: Double) async throws {
        try await EnforcementBench.run { bench, _ in
            // Our own clock is a day before Stripe's, or a day after it.
            let stripe = Date().addingTimeInterval(days * 86_400)
            try await know("due", "wanted, generation, check_at", "'on', 1, \(stripe)", in: bench)
            try await know("early", "wanted, generation, check_at", "'on', 1, \(stripe) + interval '1 minute'", in: bench)
            try await #expect(claimed(bench, now: nil) == [], "until that is known nobody is due")
            try await #expect(claimed(bench, now: stripe) == ["due"])
        }
    }

    @Test("events of somebody who is on that come together cost one look", .database)
    func spacing() async throws {
        try await EnforcementBench.run(Array(repeating: Answered.list(Answered.subscription("active")), count: 2)) { bench, stub in
            try await bench.know(.on)
            for event in 1...20 { try await bench.hear(EventID("evt_\(event)")) }
            try await #expect(bench.lookAtThoseDue() == 1)
            try await #expect(bench.value("SELECT count(*) || ' ' || count(DISTINCT look_id) FROM decisions") == "20 1")
            try await #expect(bench.value("SELECT count(*) FROM looks") == "1", "what was read is kept once")
            try await bench.hear("evt_late")
            let soon = try await AccessClaims.claim(limit: 8, now: nil, spacing: .seconds(3600), in: bench.pool)
            #expect(soon.isEmpty, "not at once after a look")
            let later = try await AccessClaims.claim(limit: 8, now: nil, spacing: .zero, in: bench.pool)
            #expect(later.map(\.user) == ["user_1"])
            #expect(stub.received.count == 1)
        }
    }

    @Test("whom the worker has passed are left out until it looks from the beginning", .database)
    func front() async throws {
        try await EnforcementBench.run { bench, _ in
            try await know("starts", "asked_at", "now() - interval '1 minute'", in: bench)
            try await know(
                "stops", "wanted, generation, asked_at, check_at", "'on', 1, now() - interval '1 minute', '2100-01-01'", in: bench)
            try await know("new", "asked_at", "now()", in: bench)
            let front = Date().addingTimeInterval(-30)
            let behind = try await AccessClaims.claim(limit: 8, now: nil, from: front, in: bench.pool)
            #expect(behind.map(\.user) == ["new"] && behind.allSatisfy { $0.askedAt.map { $0 > front } == true })
            try await #expect(claimed(bench) == ["starts", "stops"])
        }
    }

    @Test("whoever wrote a time by a clock that was set back since keeps nobody waiting", .database)
    func clockSetBack() async throws {
        try await EnforcementBench.run { bench, _ in
            try await know("claimed", "asked_at, claimed_until", "now(), now() + interval '1 day'", in: bench)
            try await know("failed", "asked_at, retry_at", "now(), now() + interval '2 days'", in: bench)
            try await know("busy", "asked_at, claimed_until", "now(), now() + interval '10 seconds'", in: bench)
            try await know("waiting", "asked_at, retry_at", "now(), now() + interval '1 hour'", in: bench)
            try await #expect(claimed(bench) == ["claimed", "failed"])
        }
    }

    @Test("nobody who is on has no next look", .database)
    func constraint() async throws {
        try await EnforcementBench.run { bench, _ in
            await #expect(throws: (any Error).self) {
                try await know("lost", "wanted, generation", "'on', 1", in: bench)
            }
        }
    }

    @Test("a look that changes nothing and answers no event leaves only its time", .database)
    func silent() async throws {
        try await EnforcementBench.run(Array(repeating: Answered.list(Answered.subscription("active")), count: 3)) { bench, _ in
            try await bench.know()
            for _ in 1...3 { try await bench.look() }
            try await #expect(bench.value("SELECT count(*) FROM looks") == "1")
            try await #expect(bench.value("SELECT proven_at = \(EnforcementBench.time) FROM access") == "true")
        }
    }
}

@Suite("Looks by a clock of Stripe's that is far from ours")
struct FarClockTests {
    private static let ahead = [-86_400.0, 86_400.0]

    private func answers(_ status: String, at date: Date) -> StripeStubAnswer {
        Answered.list(
            Answered.subscription(status, until: Int(date.timeIntervalSince1970) + 30 * 86_400), date: httpDate(date))
    }

    @Test("start and stop as they would by one like ours, and stop nobody who pays", .database, arguments: ahead)
    func wholeLife(ahead: Double) async throws {
        let start = Date(timeIntervalSince1970: Date().addingTimeInterval(ahead).timeIntervalSince1970.rounded(.down))
        let script = [
            answers("active", at: start), answers("active", at: start.addingTimeInterval(86_400)),
            answers("unpaid", at: start.addingTimeInterval(86_400)), answers("unpaid", at: start.addingTimeInterval(86_430)),
            answers("unpaid", at: start.addingTimeInterval(86_490)), answers("active", at: start.addingTimeInterval(86_520)),
        ]
        try await EnforcementBench.run(script, holdDown: .seconds(60)) { bench, _ in
            try await bench.know()
            var seen: [String] = []
            for _ in script {
                try await bench.look()
                seen.append(try await bench.access() ?? "")
            }
            #expect(seen == ["on 1", "on 1", "on 1", "on 1", "off 2", "on 3"])
        }
    }
}

@Suite("The budget of requests to Stripe")
struct ReadBudgetTests {
    private func budget(_ perSecond: Int) async throws -> ReadBudget {
        let database = try #require(TestDatabase.current)
        return ReadBudget(pool: try await database.pool(role: "enforcement", with: enforcementSchema), perSecond: perSecond)
    }

    @Test("is one for all who share it", .database)
    func shared() async throws {
        let first = try await budget(50)
        let second = ReadBudget(pool: first.pool, perSecond: 50)
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<40 { group.addTask { try await (turn.isMultiple(of: 2) ? first : second).turn() } }
            try await group.waitForAll()
        }
        #expect(begun.duration(to: .now) >= .milliseconds(39 * 20))
    }

    @Test("slows everybody down after a 429, once for many at once, and recovers", .database)
    func slowed() async throws {
        let budget = try await budget(1000)
        try await budget.turn()
        let begun = ContinuousClock.now
        for _ in 1...8 { try await budget.slowDown(.seconds(1)) }
        // Once a second: on a slow machine more than one may have passed.
        let seconds = (begun.duration(to: .now) / .seconds(1)).rounded(.down)
        let gap: Query = "SELECT gap_seconds FROM read_budget"
        let slowed = try await budget.pool.query(gap)[0].get("gap_seconds", as: Double.self)
        #expect(slowed >= 0.002 && slowed <= 0.002 * pow(2, seconds))
        try await budget.turn()
        #expect(begun.duration(to: .now) >= .milliseconds(900), "as long as Stripe asked for")
        for _ in 1...100 { try await budget.turn() }
        try await #expect(budget.pool.query(gap)[0].get("gap_seconds", as: Double.self) == 0.001)
    }

    /// A row that changed with each turn would leave versions that nobody may clear away, and the next turn would walk over them.
    @Test("leaves nothing behind while somebody holds a snapshot", .database)
    func snapshot() async throws {
        let budget = try await budget(100_000)
        try await budget.pool.withTransaction { transaction in
            try await transaction.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            try await transaction.query("SELECT count(*) FROM access")
            for _ in 1...100 { try await budget.turn() }
        }
        let size = try await budget.pool.query("SELECT pg_relation_size('read_budget') + pg_relation_size('read_turns') AS bytes")[0]
        try #expect(size.get("bytes", as: Int64.self) == 8192, "the one page of the sequence")
    }

    @Test("keeps nobody waiting for a turn that a clock gave which was set back since", .database)
    func clockSetBack() async throws {
        let budget = try await budget(1000)
        try await budget.turn()
        try await budget.pool.query("SELECT setval('read_turns', (extract(epoch FROM now() + interval '1 day') * 1000000)::bigint)")
        let begun = ContinuousClock.now
        try await budget.turn()
        #expect(begun.duration(to: .now) < .seconds(5))
    }
}

@Suite("The worker")
struct LookWorkerTests {
    @Test("looks at everybody else while Stripe leaves one without an answer", .database)
    func slowAnswer() async throws {
        let script = [StripeStubAnswer.silence] + Array(repeating: Answered.list(), count: 29)
        try await EnforcementBench.run(script, timeout: .seconds(20)) { bench, _ in
            for user in 1...30 {
                try await bench.outbox.transaction { work in
                    let customer = CustomerID("cus_\(user)")
                    _ = try await Hints.link(customer, to: UserID("user_\(user)"), in: work)
                    try await AccessClaims.request([UserID("user_\(user)")], in: work)
                }
            }
            let waiting: Query = "SELECT count(*) || ' ' || count(claimed_until) FROM access WHERE asked_at IS NOT NULL"
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.worker.run() }
                defer { group.cancelAll() }
                try await eventually("one is left, and still asked about", within: .seconds(15)) { try await bench.value(waiting) == "1 1" }
            }
        }
    }
}
