import DedicatedThread
import Foundation
import Messages
import Messaging
import Models
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

    /// One row said on each of the last 30 days, of which the one of 20 days ago still waits; one heard of each of the last 20 weeks, and two of
    /// messages without a time.
    private func fill(_ bench: Bench) async throws {
        let pool = bench.outbox.pool
        try await pool.query(
            """
            SELECT turn_partitions('outbox_said', now() - days * interval '1 day'), turn_partitions('inbox_done', now() - days * interval '5 days')
            FROM generate_series(0, 35, 7) AS days ORDER BY days
            """)
        try await pool.query(
            """
            INSERT INTO outbox_said (message_id, exchange, routing_key, body, said_at)
            SELECT n::text, 'e', 'k', '', now() - make_interval(days => n) FROM generate_series(0, 30) AS n
            """)
        try await pool.query("DELETE FROM outbox_pending WHERE id NOT IN (SELECT id FROM outbox_said WHERE message_id = '20')")
        try await pool.query(
            """
            INSERT INTO inbox_done (message_id, said_at, queue, done_at)
            SELECT n::text, now() - make_interval(weeks => n), 'q', now() FROM generate_series(0, 20) AS n
            UNION ALL VALUES ('new', '-infinity', 'q', now()), ('old', '-infinity'::timestamptz, 'q', now() - interval '36 days')
            """)
    }

    private static let without: Query = "SELECT count(*) FROM outbox_said WHERE tableoid::regclass::text LIKE '%other'"

    private func said(_ bench: Bench) async throws -> String {
        try await bench.outbox.pool.query(
            "SELECT coalesce(string_agg(message_id, ' ' ORDER BY message_id::integer), '') AS said FROM outbox_said")[0].get("said")
    }

    @Test("go with their whole day or week, but for a day of which something still waits", .database, .broker)
    func partitions() async throws {
        let bench = try await Bench.make()
        try await fill(bench)
        for _ in 0..<2 { try await Purge(pool: bench.outbox.pool, logger: bench.logger)() }
        // What was said exactly a week ago lies in a day that has not been over for a week.
        try await #expect(said(bench) == "0 1 2 3 4 5 6 7 20")
        try await #expect(bench.count("SELECT count(*) FROM inbox_done WHERE said_at > now() - interval '35 days'") == 5)
        try await #expect(bench.count("SELECT count(*) FROM inbox_done WHERE said_at < now() - interval '43 days'") == 1)
        try await #expect(bench.count("SELECT count(*) FROM inbox_done WHERE message_id = 'new'") == 1)
        try await bench.outbox.pool.query("DELETE FROM outbox_pending")
        try await Purge(pool: bench.outbox.pool, logger: bench.logger)()
        try await #expect(said(bench) == "0 1 2 3 4 5 6 7")
        let told = try #require(TestDatabase.current).observer
        let removals = try await told.query(
            "SELECT string_agg(DISTINCT object_id, ', ') AS of FROM checkout.audit_log WHERE action = 'old_rows.removed'")
        #expect(try removals[0].get("of") == "inbox_done, partitions of inbox_done, partitions of outbox_said")
        for ahead in ["1 day", "2 days"] {
            try await bench.outbox.pool.query(
                "INSERT INTO outbox_said (message_id, exchange, routing_key, body, said_at) VALUES ('1', 'e', 'k', '', now() + \(ahead)::interval)"
            )
        }
        try await #expect(bench.count(Self.without) == 0, "there is room for the days that come")
    }

    @Test("are not forgotten before their time, whatever time is said to be", .database, .broker)
    func ahead() async throws {
        let bench = try await Bench.make()
        try await fill(bench)
        try await Purge(pool: bench.outbox.pool, logger: bench.logger)()
        try await bench.outbox.pool.query(
            "SELECT turn_partitions('outbox_said', now() + interval '1 year'), turn_partitions('inbox_done', now() + interval '1 year')")
        try await #expect(said(bench) == "0 1 2 3 4 5 6 7 20")
        try await #expect(bench.count("SELECT count(*) FROM inbox_done WHERE said_at > now() - interval '35 days'") == 5)
    }

    @Test("stay while somebody reads them, and go the next time", .database, .broker)
    func inUse() async throws {
        let bench = try await Bench.make()
        try await fill(bench)
        let reader = try #require(TestDatabase.current).pool(role: "observer")
        try await reader.withTransaction { transaction in
            try await transaction.query("SELECT count(*) FROM checkout.outbox_said")
            try await Purge(pool: bench.outbox.pool, logger: bench.logger)()
        }
        try await #expect(said(bench).hasSuffix(" 30"))
        try await Purge(pool: bench.outbox.pool, logger: bench.logger)()
        try await #expect(said(bench) == "0 1 2 3 4 5 6 7 20")
    }

    @Test("that came while there was no room for their time move there", .database, .broker)
    func other() async throws {
        let bench = try await Bench.make()
        let owner = try await #require(TestDatabase.current).owner(of: "checkout")
        let today = try await owner.query("SELECT 'outbox_said_' || to_char(now(), 'YYYYMMDD') AS name")[0].get("name", as: String.self)
        try await owner.query("DROP TABLE \(unsafe: today)")
        try await bench.outbox.pool.query("INSERT INTO outbox_said (message_id, exchange, routing_key, body) VALUES ('1', 'e', 'k', '')")
        try await #expect(bench.count(Self.without) == 1)
        try await Purge(pool: bench.outbox.pool, logger: bench.logger)()
        try await #expect(bench.count(Self.without) == 0)
        try await #expect(bench.count("SELECT count(*) FROM outbox_said JOIN outbox_pending USING (id, said_at)") == 1)
    }
}

@Suite("While a replica of the version before is at work")
struct VersionBeforeTests {
    /// As that version records what it has done.
    private func recordAsBefore(_ id: String, _ bench: Bench) async throws -> Int {
        try await bench.outbox.pool.query(
            """
            INSERT INTO inbox (message_id, queue, status, done_at) SELECT id, 'q', 'done', now() FROM unnest(\([id])) AS id
            ON CONFLICT (message_id) DO NOTHING RETURNING message_id
            """
        ).count
    }

    @Test("neither does what the other has done, and what it says is published", .database, .broker)
    func together() async throws {
        let bench = try await Bench.make()
        try await #expect(recordAsBefore("done-before", bench) == 1)
        let said = CloudEvent(
            AccessChanged.sample("user_3"), id: "said-before", source: .enforcement, time: Date(timeIntervalSince1970: 1), trace: nil)
        try await bench.outbox.pool.query(
            """
            INSERT INTO outbox_messages (message_id, exchange, routing_key, body)
            VALUES ('said-before', \(Exchange.paymentsEvents.rawValue), \(AccessChanged.key), \(try WireJSON.encode(said)))
            """)
        try await bench.running([bench.consumer(EffectHandler())] + bench.relay()) {
            try await bench.deliver(.sample("user_1"), id: "done-before")
            try await bench.deliver(.sample("user_2"), id: "done-now")
            try await eventually("the other is done, and what was said is heard") { try await bench.effects == 2 }
        }
        try await #expect(bench.count("SELECT count(*) FROM effects WHERE user_id = 'user_1'") == 0)
        try await #expect(recordAsBefore("done-now", bench) == 0)
    }
}
