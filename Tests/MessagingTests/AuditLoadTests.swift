import Foundation
import Messaging
import Postgres
import TestKit
import Testing

@Suite("The trail under load", .database)
struct AuditLoadTests {
    /// A day among a long past: the measure at ten million entries is in the README; this notices a plan that reads all of them.
    @Test("a day of it is verified in less than two seconds, whatever lies before it")
    func newestDay() async throws {
        let bench = try await AuditBench.make()
        let (all, day) = (Int64(120_000), Int64(28))
        try await bench.owner.query(
            """
            INSERT INTO audit_log (id, actor_kind, actor, action, origin, object_type, object_id, user_id, after)
            SELECT nextval('audit_ids'), 'stripe', 'stripe', 'payment.changed', 'x', 'payment', 'pay_' || n, 'user_' || n % 500, '{"status": "succeeded"}'
            FROM generate_series(1, \(all)) AS n
            """)
        try await bench.owner.query("INSERT INTO audit_unsealed SELECT id FROM audit_log")
        while try await bench.sealer.seal() > 0 {}
        try await bench.owner.query("ANALYZE")
        let began = ContinuousClock.now
        try await #expect(bench.faults(from: all / 1000 - day + 1) == [])
        #expect(began.duration(to: .now) < .seconds(2))
        let page: Query = "SELECT FROM audit_page('user_7', NULL, NULL, NULL, NULL, NULL, NULL, 51)"
        try await #expect(bench.pool.query(page).count == 51)
    }

    @Test("50 writers, several sealers and one that dies in the middle make one chain, and leave nothing out")
    func parallel() async throws {
        let bench = try await AuditBench.make()
        let writers = 50
        let each = 20
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask { for number in 0..<each { try await bench.put("\(writer)-\(number)", size: 1) } }
            }
            // Each is a replica; none waits for another.
            for _ in 0..<3 {
                group.addTask { while try await !bench.isDone(writers * each) { try await bench.sealer.seal() } }
            }
            group.addTask { try await bench.dieSealing() }
            try await group.waitForAll()
        }
        while try await bench.sealer.seal() > 0 {}
        try await #expect(bench.faults().isEmpty)
        let sealed: Query = "SELECT concat_ws(' ', count(*), count(DISTINCT id)) FROM audit_seals, unnest(ids) AS id"
        try await #expect(bench.value(sealed) == "\(writers * each) \(writers * each)")
        try await #expect(bench.value("SELECT count(*) FROM audit_unsealed") == "0")
    }
}

extension AuditBench {
    fileprivate func isDone(_ count: Int) async throws -> Bool { try await value("SELECT count(*) FROM audit_log") == "\(count)" }

    /// A session that has made a seal and is killed before it commits, as kill -9 of its process would: again and again.
    fileprivate func dieSealing() async throws {
        let superuser = try #require(TestDatabase.current).superuser
        for _ in 0..<5 {
            try? await pool.withTransaction { transaction in
                let backend = try await transaction.query("SELECT pg_backend_pid() AS pid, (SELECT count(*) FROM seal_audit(3))")[0]
                try await superuser.query("SELECT pg_terminate_backend(\(try backend.get("pid", as: Int32.self)))")
                throw CancellationError()
            }
        }
    }
}
