import Foundation
import HTTPTestKit
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("A refund service that is killed in the middle of a refund")
struct RefundKillTests {
    /// Where the process is when it is killed.
    enum Moment: CaseIterable {
        /// What is to be given back is reserved, and nothing has reached Stripe.
        case reserved
        /// The call is at Stripe, which makes the refund after the caller has died.
        case calling
        /// Stripe has made it, and nobody was told.
        case made
        /// Stripe has told, and it is not committed.
        case told
    }

    @Test("leaves one refund, which the next one finds", .database, .broker)
    func killed() async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
            for moment in Moment.allCases { try await lives(through: moment, system) }
        }
    }

    private func lives(through moment: Moment, _ system: RunningSystem) async throws {
        let user = "user_\(moment)"
        let payment = try await system.paid(by: user)
        try await SilentServer.serving { silence in
            let process = try await Self.process(system, stripeURL: moment == .reserved ? silence : system.stripeURL)
            defer { process.kill() }
            try await process.start()
            try await kill(process, at: moment, payment, system)
        }
        // Half a minute later, when whoever decided has had their time.
        try await system.database.superuser.query("UPDATE refund.refunds SET next_try_at = now() WHERE next_try_at IS NOT NULL")
        try await system.atRest()
        try await #expect(system.refunded(to: user) == [700], "\(moment)")
        try await #expect(
            system.value(
                """
                SELECT string_agg(status || ' ' || amount || ' ' || (stripe_refund_id IS NOT NULL), ',') FROM refund.refunds
                WHERE payment_id = \(payment)
                """) == "succeeded 700 true", "\(moment)")
        try await #expect(system.shown(to: user) == "succeeded 700", "\(moment)")
    }

    private func kill(_ process: ServiceProcess, at moment: Moment, _ payment: String, _ system: RunningSystem) async throws {
        let before = await system.sandbox.account.refunds.ids.count
        if moment == .calling || moment == .told {
            try await system.disturb(#"[{"method": "POST", "path": "/v1/refunds", "delay_ms": 1500}]"#)
        } else if moment == .made {
            try await system.disturb(#"[{"method": "POST", "path": "/v1/refunds", "times": 9, "when": "after", "drop": true}]"#)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try? await system.process(
                    #"{"payment_id": "\#(payment)", "amount": 700, "admin_reason": "x"}"#, key: payment,
                    at: "http://127.0.0.1:\(process.port)")
            }
            switch moment {
            case .reserved: try await Self.reserved(payment, system)
            case .calling: try await eventually("the call is at Stripe") { await system.sandbox.faults.isEmpty }
            case .made: try await Self.made(system, beyond: before)
            case .told:
                try await Self.holdingCommit(of: payment, in: system) {
                    try await Self.made(system, beyond: before)
                    process.kill()
                }
            }
            process.kill()
            await system.sandbox.setFaults([])
            try await group.waitForAll()
        }
    }

    /// Keeps whoever has Stripe's answer from storing it.
    private static func holdingCommit(
        of payment: String, in system: RunningSystem, _ body: @Sendable () async throws -> Void
    ) async throws {
        try await reserved(payment, system)
        try await system.database.superuser.withTransaction { transaction in
            try await transaction.query("SELECT FROM refund.refundable_payments WHERE payment_id = \(payment) FOR UPDATE")
            try await body()
        }
    }

    private static func reserved(_ payment: String, _ system: RunningSystem) async throws {
        try await eventually("it is reserved") {
            try await system.value("SELECT count(*) FROM refund.refunds WHERE payment_id = \(payment)") == "1"
        }
    }

    private static func made(_ system: RunningSystem, beyond count: Int) async throws {
        try await eventually("Stripe has made it") { await system.sandbox.account.refunds.ids.count == count + 1 }
    }

    private static func process(_ system: RunningSystem, stripeURL: String) async throws -> ServiceProcess {
        var settings = RunningSystem.commonSettings(stripeURL: stripeURL, broker: system.broker)
        settings.merge(system.database.settings(of: "refund")) { $1 }
        settings["SWEEP_INTERVAL_SECONDS"] = "3600"
        return try ServiceProcess("Refund", port: try FreePorts.choose(1)[0], settings: settings)
    }
}

/// Takes connections and never says a word.
enum SilentServer {
    static func serving(_ body: @Sendable (String) async throws -> Void) async throws {
        try await StripeStub.serving(Array(repeating: .silence, count: 100)) { stub in try await body(stub.url) }
    }
}
