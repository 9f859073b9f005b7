package import Postgres
import ServiceLifecycle
import Synchronization

/// Whether a service can be sent requests now, and if not, why.
final class Readiness: Sendable {
    private enum Phase {
        case starting(reason: String)
        case running
        case stopping
    }

    /// A check that takes longer says as much as one that fails: whoever asks will not wait.
    private let deadline: Duration
    private let checks: [ReadinessCheck]
    private let phase = Mutex(Phase.starting(reason: "starting"))

    init(checks: [ReadinessCheck], deadline: Duration = .seconds(1)) {
        self.checks = checks
        self.deadline = deadline
    }

    /// The start goes on; `reason` is what it waits for.
    func isStarting(_ reason: String) {
        phase.withLock { phase in
            if case .starting = phase { phase = .starting(reason: reason) }
        }
    }

    /// The start is over: from now on the checks decide.
    func hasStarted() {
        phase.withLock { phase in
            if case .starting = phase { phase = .running }
        }
    }

    /// No new requests, for good.
    func isStopping() {
        phase.withLock { $0 = .stopping }
    }

    /// Why the service is not ready; empty when it is. All checks run at once.
    func reasons() async -> [String] {
        switch phase.withLock({ $0 }) {
        case .starting(let reason): [reason]
        case .stopping: ["stopping"]
        case .running: await failures()
        }
    }

    private func failures() async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for check in checks {
                group.addTask { [deadline] in
                    await Self.failure(of: check, within: deadline).map { "\(check.name): \($0)" }
                }
            }
            return await group.reduce(into: []) { reasons, reason in
                if let reason { reasons.append(reason) }
            }.sorted()
        }
    }

    private static func failure(of check: ReadinessCheck, within deadline: Duration) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                do {
                    try await check.check()
                    return nil
                } catch {
                    return SecretText.masked("\(error)")
                }
            }
            group.addTask {
                try? await Task.sleep(for: deadline)
                return "no answer within \(deadline)"
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

/// One thing that must be so before a service can be sent requests.
package struct ReadinessCheck: Sendable {
    /// What is checked, in a word or two.
    package let name: String
    let check: @Sendable () async throws -> Void

    /// A check that throws when it is not so; the error's `description` is shown to operators as the reason. It has one second.
    package init(_ name: String, check: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.check = check
    }
}

/// A reason for not being ready, in plain words.
package struct NotReady: Error, CustomStringConvertible {
    /// The reason.
    package let description: String

    /// Not ready because of `reason`.
    package init(_ reason: String) {
        description = reason
    }
}

extension ReadinessCheck {
    /// The database answers.
    package static func database(_ pool: PostgresPool) -> ReadinessCheck {
        ReadinessCheck("database") { _ = try await pool.query("SELECT 1") }
    }
}

/// Stands last in the list of services, so that a shutdown reaches it first: from then on the service is not ready.
struct StopNotice: Service {
    let readiness: Readiness
    let onStop: @Sendable () -> Void

    func run() async throws {
        try? await gracefulShutdown()
        readiness.isStopping()
        onStop()
    }
}
