import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import Stripe
import TestKit
import Testing

@testable import StripeSync

@Suite("The snapshot of what Stripe may still change")
struct SnapshotTests {
    /// Disputes, of which a table here keeps status and amount.
    private enum Disputes: SnapshotTable {
        static let table = "disputes"
        static let key = "id"
        static func id(of dispute: DisputeFacts) -> String { dispute.id.rawValue }
        static func says(_ row: Row, _ dispute: DisputeFacts) throws -> Bool {
            try row.get("status", as: String.self) == dispute.status && row.get("amount", as: Int64.self) == dispute.amount
        }
    }

    private struct Bench {
        let outbox: Outbox
        let snapshots: Snapshots<Disputes>

        func apply(_ snapshot: Snapshot<DisputeFacts>) async throws -> Bool {
            try await outbox.transaction { work in
                try await snapshots.apply(snapshot, in: work) { facts, source in
                    try await work.query(
                        """
                        INSERT INTO disputes VALUES (\(facts.id), \(facts.status), \(facts.amount), \(source.time), \(source.ticket))
                        ON CONFLICT (id) DO UPDATE SET status = excluded.status, amount = excluded.amount,
                                                       source_time = excluded.source_time, read_ticket = excluded.read_ticket
                        """)
                }
            }
        }

        /// Hears of a dispute by an event so many seconds after the time of the stub's answers.
        func hear(_ status: String, amount: Int64 = 1900, after: Double) async throws -> Bool {
            try await apply(snapshots.prepare(dispute(status, amount: amount), heard: SnapshotTests.time(after)))
        }

        func state() async throws -> String? {
            try await outbox.pool.query("SELECT status || ' ' || amount AS state FROM disputes").first?.get("state")
        }
    }

    private static func time(_ after: Double) -> Date { Date(timeIntervalSince1970: 1_795_406_400 + after) }

    private static func dispute(_ status: String, amount: Int64 = 1900) -> DisputeFacts {
        DisputeFacts(id: "du_1", chargeID: "ch_1", currency: "usd", amount: amount, reason: "fraudulent", status: status, created: time(0))
    }

    private static func answer(_ status: String, amount: Int64 = 1900, date: String = StripeStubAnswer.date) -> StripeStubAnswer {
        .json(
            #"{"id":"du_1","object":"dispute","livemode":false,"charge":"ch_1","currency":"usd","amount":\#(amount),"#
                + #""reason":"fraudulent","status":"\#(status)","created":1795406400}"#, date: date)
    }

    private static func run(_ script: [StripeStubAnswer], _ body: (Bench, StripeStub) async throws -> Void) async throws {
        let pool = try await #require(TestDatabase.current).owner(of: "refund", after: messagingSchema.migrations)
        try await pool.query("CREATE SEQUENCE stripe_reads")
        try await pool.query(
            "CREATE TABLE disputes (id text PRIMARY KEY, status text, amount bigint, source_time timestamptz, read_ticket bigint)")
        try await StripeStub.servingClient(script) { stripe, stub in
            let snapshots = Snapshots(Disputes.self, pool: pool, stripe: stripe) { try await $0.dispute(DisputeID($1)) }
            try await body(Bench(outbox: Outbox(pool: pool, service: .refund), snapshots: snapshots), stub)
        }
    }

    /// Large sellers see verdicts turn, both ways: 727 won to lost and 178 lost to won among 127,000 (reported publicly).
    @Test("a verdict that turns holds, either way, without asking", .database, arguments: [("won", "lost"), ("lost", "won")])
    func turned(first: String, second: String) async throws {
        try await Self.run([]) { bench, stub in
            try await #expect(bench.hear(first, after: 0))
            try await #expect(bench.hear(second, after: 1))
            try await #expect(bench.state() == "\(second) 1900")
            #expect(stub.received.isEmpty)
        }
    }

    @Test("an equal or older event that says something else is a hint: Stripe is read", .database, arguments: [0.0, -1, -86_400])
    func hint(after: Double) async throws {
        try await Self.run([Self.answer("under_review", amount: 1500)]) { bench, _ in
            try await #expect(bench.hear("lost", after: 0))
            try await #expect(bench.hear("needs_response", after: after))
            try await #expect(bench.state() == "under_review 1500")
        }
    }

    @Test("an equal or older event that says the same asks nobody", .database, arguments: [0.0, -1])
    func same(after: Double) async throws {
        try await Self.run([]) { bench, stub in
            try await #expect(bench.hear("lost", after: 0))
            try await #expect(bench.hear("lost", after: after))
            #expect(stub.received.isEmpty)
        }
    }

    @Test("another amount under the same status is kept", .database)
    func amount() async throws {
        try await Self.run([]) { bench, _ in
            for (amount, after) in [(Int64(1900), 0.0), (1500, 1)] { try await #expect(bench.hear("lost", amount: amount, after: after)) }
            try await #expect(bench.state() == "lost 1500")
        }
    }

    @Test("a read that began before what is stored does not replace it; one that began later does", .database)
    func staleRead() async throws {
        try await Self.run([Self.answer("needs_response"), Self.answer("won")]) { bench, _ in
            try await #expect(bench.hear("needs_response", after: -2))
            let begun = try await bench.snapshots.read("du_1")
            try await #expect(bench.hear("lost", after: 0))
            try await #expect(bench.apply(begun) == false)
            try await #expect(bench.state() == "lost 1900")
            try await #expect(bench.apply(bench.snapshots.read("du_1")))
            try await #expect(bench.state() == "won 1900")
        }
    }

    @Test("of two reads the one that began later holds, and one that is stored changes nothing the second time", .database)
    func twoReads() async throws {
        try await Self.run([Self.answer("needs_response"), Self.answer("lost")]) { bench, _ in
            let first = try await bench.snapshots.read("du_1")
            let second = try await bench.snapshots.read("du_1")
            for _ in 1...2 { try await #expect(bench.apply(second)) }
            try await #expect(bench.apply(first) == false)
            try await #expect(bench.state() == "lost 1900")
        }
    }

    @Test("a read dated before what the row was built from is made again", .database)
    func olderDate() async throws {
        try await Self.run([Self.answer("won", date: "Mon, 23 Nov 2026 03:59:59 GMT")]) { bench, _ in
            try await #expect(bench.hear("lost", after: 0))
            try await #expect(bench.apply(bench.snapshots.read("du_1")) == false)
        }
    }

    /// Test clocks make events of a time that has not come (Stripe's documentation, "Test your integration with test clocks"), and clocks differ.
    @Test("an event from the future counts as now: it may begin a row, and is a hint for one that is there", .database)
    func future() async throws {
        let (year, month) = (365 * 86_400.0, 30 * 86_400.0)
        try await Self.run([Self.answer("under_review"), Self.answer("lost"), Self.answer("won")]) { bench, stub in
            try await #expect(bench.hear("needs_response", after: year))
            try await #expect(bench.state() == "needs_response 1900")
            try await #expect(bench.apply(bench.snapshots.read("du_1")) == false, "the answer of the stub is of the past")
            try await bench.outbox.pool.query("UPDATE disputes SET source_time = now() + interval '2 years'")
            for expected in ["lost", "won"] {
                try await #expect(bench.hear("needs_response", amount: 1, after: year + month))
                try await #expect(bench.state() == "\(expected) 1900")
            }
            #expect(stub.received.count == 3)
        }
    }
}

@Suite("Reads that are shared")
struct SharedReadTests {
    /// Counts reads, and holds each until it is let go.
    private actor Source {
        private(set) var asked = 0
        private var held: [CheckedContinuation<Void, Never>] = []

        func read() async -> Int {
            asked += 1
            let number = asked
            await withCheckedContinuation { held.append($0) }
            return number
        }

        func letGo() { held.removeFirst().resume() }
    }

    @Test("whoever comes during a read shares the next one, which begins after they came")
    func shared() async throws {
        let (source, reads) = (Source(), SharedReads<Int>())
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await reads.read("a") { await source.read() } }
            try await eventually("the first read is under way") { await source.asked == 1 }
            for count in 1...5 {
                group.addTask { try await reads.read("a") { await source.read() } }
                try await eventually("one more waits") { await reads.waiters(for: "a") == count }
            }
            await source.letGo()
            try await eventually("the second read is under way") { await source.asked == 2 }
            await source.letGo()
            var answers: [Int] = []
            for try await answer in group { answers.append(answer) }
            #expect(answers.sorted() == [1, 2, 2, 2, 2, 2])
            #expect(await source.asked == 2)
        }
    }

    @Test("a read that fails fails for all who shared it, and the next is made anew; other names are not held up")
    func failing() async throws {
        struct Failed: Error {}
        let reads = SharedReads<Int>()
        await #expect(throws: Failed.self) { try await reads.read("a") { throw Failed() } }
        try await #expect(reads.read("a") { 1 } == 1)
        try await #expect(reads.read("b") { 2 } == 2)
        #expect(await reads.waiters(for: "a") == 0)
    }
}
