import DedicatedThread
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

@Suite("Work that is done every so often")
struct PeriodicWorkTests {
    private struct Broken: Error {}

    private func work(
        _ bench: Bench, lease: Duration = .seconds(60), every interval: Duration = .seconds(3600),
        _ work: @escaping @Sendable () async throws -> Void
    ) -> PeriodicWork {
        PeriodicWork("tidy", every: interval, lease: lease, pool: bench.outbox.pool, logger: bench.logger, work: work)
    }

    @Test("is done by one replica at a time, and again only when it is due", .database, .broker)
    func once() async throws {
        let bench = try await Bench.make()
        let (begun, release) = (WakeSignal(), WakeSignal())
        let done = Locked(0)
        let first = work(bench) {
            begun.raise()
            await release.wait(for: .seconds(30))
            done.withLock { $0 += 1 }
        }
        let other = work(bench) { done.withLock { $0 += 100 } }
        async let isDone = first.workIfDue()
        await begun.wait(for: .seconds(30))
        try await #expect(other.workIfDue() == false, "somebody is at it")
        release.raise()
        try await #expect(isDone)
        try await #expect(other.workIfDue() == false, "it is not due")
        try await bench.outbox.pool.query("UPDATE periodic_work SET next_at = now()")
        try await #expect(other.workIfDue())
        #expect(done.withLock { $0 } == 101)
    }

    @Test("waits for no time that a clock gave which was set back since", .database, .broker, arguments: ["next_at", "leased_until"])
    func clockSetBack(column: String) async throws {
        let bench = try await Bench.make()
        try await bench.outbox.pool.query("INSERT INTO periodic_work VALUES ('tidy', now(), gen_random_uuid(), now())")
        try await bench.outbox.pool.query("UPDATE periodic_work SET \(unsafe: column) = now() + interval '1 day'")
        try await #expect(work(bench) {}.workIfDue())
    }

    @Test("is taken over from a replica that died, and not from one that is only slow", .database, .broker)
    func takenOver() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.pool.query(
            "INSERT INTO periodic_work VALUES ('tidy', now(), gen_random_uuid(), now() + interval '50 seconds')")
        let other = work(bench) {}
        try await #expect(other.workIfDue() == false)
        try await bench.outbox.pool.query("UPDATE periodic_work SET leased_until = now()")
        try await #expect(other.workIfDue())

        try await bench.outbox.pool.query("UPDATE periodic_work SET next_at = now()")
        let (begun, release) = (WakeSignal(), WakeSignal())
        let slow = work(bench, lease: .seconds(1)) {
            begun.raise()
            await release.wait(for: .seconds(30))
        }
        async let isDone = slow.workIfDue()
        await begun.wait(for: .seconds(30))
        let first = try await bench.outbox.pool.query("SELECT leased_until FROM periodic_work")[0].get("leased_until", as: Date.self)
        try await eventually("the lease that it took would have ended") {
            try await bench.outbox.pool.query("SELECT \(first) < now() AS ended")[0].get("ended")
        }
        try await #expect(other.workIfDue() == false)
        release.raise()
        try await #expect(isDone)
    }

    @Test("is tried again soon when it fails, and at once by another when it was cut off", .database, .broker)
    func failed() async throws {
        let bench = try await Bench.make()
        let broken = work(bench) { throw Broken() }
        await #expect(throws: Broken.self) { try await broken.workIfDue() }
        try await #expect(
            bench.count("SELECT count(*) FROM periodic_work WHERE leased_by IS NULL AND next_at <= now() + interval '30 seconds'") == 1)
    }
}

@Suite("Old messages")
struct PurgeTests {
    @Test("are removed once nobody can ask for them; what is not done stays", .database, .broker)
    func purge() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.pool.query(
            """
            INSERT INTO outbox_messages (message_id, exchange, routing_key, body, created_at)
            SELECT 'm' || n, 'e', 'k', '', now() - make_interval(days => n) FROM generate_series(0, 2500) AS n
            """)
        try await bench.outbox.pool.query(
            "DELETE FROM outbox_pending WHERE id IN (SELECT id FROM outbox_messages WHERE message_id <> 'm2000')")
        try await bench.outbox.pool.query(
            """
            INSERT INTO inbox (message_id, queue, status, done_at)
            SELECT 'm' || n, 'q', 'done', now() - make_interval(days => n) FROM generate_series(1, 2500) AS n
            """)
        try await bench.outbox.pool.query(
            """
            INSERT INTO inbox (message_id, queue, status, body, received_at) VALUES ('old', 'q', 'parked', '', now() - interval '1 year')
            """)
        try await Purge(pool: bench.outbox.pool, logger: bench.logger)()
        try await #expect(bench.count("SELECT count(*) FROM outbox") == 1 + 7, "one unpublished, seven of the last week")
        try await #expect(bench.inbox("done") == 34)
        try await #expect(bench.inbox("parked") == 1)
    }
}
