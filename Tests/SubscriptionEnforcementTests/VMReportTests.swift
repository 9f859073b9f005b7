import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("What the VM controller reports")
struct VMReportTests {
    /// Two commands to the same user's VM, and nothing reported.
    private func given(_ bench: EnforcementBench) async throws {
        try await bench.pool.query(
            """
            INSERT INTO vm_commands (command_id, user_id, generation, kind, reason)
            VALUES ('c1', 'user_1', 1, 'vm.restore.v1', 'active'), ('c2', 'user_1', 2, 'vm.shutdown.v1', 'unpaid')
            """)
    }

    private func hear(
        _ outcome: VMReported.Outcome, _ command: CommandID, generation: Int64, user: UserID, _ bench: EnforcementBench
    ) async throws -> Outcome {
        let report = VMReported(commandID: command, generation: generation, userID: user, outcome: outcome, detail: "by \(command)")
        return try await bench.outbox.transaction { work in try await VMReportedHandler().apply(report, (), in: work) }
    }

    /// Hears a report on a command that was given.
    private func report(
        _ outcome: VMReported.Outcome, on command: CommandID = "c1", generation: Int64 = 1, _ bench: EnforcementBench
    ) async throws {
        let heard = try await hear(outcome, command, generation: generation, user: "user_1", bench)
        #expect(heard == .done)
    }

    @Test(
        "is kept, the first final answer for good", .database,
        arguments: [
            ([.done, .done], "done"), ([.done, .failed], "done"), ([.done, .ignoredStale], "done"), ([.failed], "failed"),
            ([.failed, .failed], "failed"), ([.failed, .done], "done"), ([.ignoredStale, .done], "ignored_stale"),
            ([.failed, .done, .failed], "done"),
        ] as [([VMReported.Outcome], String)])
    func first(outcomes: [VMReported.Outcome], kept: String) async throws {
        try await EnforcementBench.run { bench, _ in
            try await given(bench)
            for outcome in outcomes { try await report(outcome, bench) }
            try await #expect(bench.value("SELECT outcome FROM vm_commands WHERE command_id = 'c1'") == kept)
        }
    }

    @Test("does not move the time when it is heard twice", .database)
    func twice() async throws {
        let time: Query = "SELECT reported_at FROM vm_commands WHERE command_id = 'c1'"
        try await EnforcementBench.run { bench, _ in
            try await given(bench)
            try await report(.done, bench)
            let first = try await bench.value(time)
            #expect(first != nil)
            try await report(.done, bench)
            try await #expect(bench.value(time) == first)
        }
    }

    @Test("about an older command than the newest stays with that command", .database)
    func stale() async throws {
        try await EnforcementBench.run { bench, _ in
            try await given(bench)
            try await report(.done, on: "c2", generation: 2, bench)
            try await report(.ignoredStale, bench)
            let kept = try await bench.value("SELECT string_agg(outcome || ' ' || detail, ', ' ORDER BY generation) FROM vm_commands")
            #expect(kept == "ignored_stale by c1, done by c2")
        }
    }

    @Test(
        "about a command that was never given is rejected", .database,
        arguments: [("c3", 1, "user_1"), ("c1", 2, "user_1"), ("c1", 1, "user_2")] as [(String, Int64, String)])
    func unknown(command: String, generation: Int64, user: String) async throws {
        try await EnforcementBench.run { bench, _ in
            try await given(bench)
            let outcome = try await hear(.done, CommandID(command), generation: generation, user: UserID(user), bench)
            guard case .reject = outcome else {
                Issue.record("it was taken: \(outcome)")
                return
            }
            try await #expect(bench.value("SELECT count(*) FROM vm_commands WHERE reported_at IS NOT NULL") == "0")
        }
    }
}
