import Foundation
import HTTPTestKit
import Logging
import Messages
import Postgres
import TestKit
import Testing

@testable import Refund
@testable import StripeSandbox

/// Money that cannot go out twice, whatever Stripe and its network make of it (attack S9).
@Suite("Fifty at once, over two replicas, on a bad day at Stripe")
struct RefundRaceTests {
    /// Every kind of trouble that leaves open whether a refund was made. Stripe repeats the 500 under the key (its API reference, "Idempotent
    /// requests").
    private static func badDay(_ seed: Int) -> ChaosProfile {
        ChaosProfile(
            seed: seed,
            rules: [
                .failedAfter: .init(trigger: .probability(0.15)), .failedBefore: .init(trigger: .probability(0.1)),
                .timedOut: .init(trigger: .probability(0.05), amounts: ["seconds": 0.2]),
                .rateLimited: .init(trigger: .probability(0.1), amounts: ["retry_after": 0]),
                .cutOff: .init(trigger: .probability(0.05)), .duplicated: .init(trigger: .probability(0.2)),
            ])
    }

    @Test("one request is one refund, and parts never come to more than was captured: 20 seeds", .database, .broker)
    func race() async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "3600"]) { system in
            try await system.replica(of: .refund) { other in
                let payments = try await system.paid(by: (1...20).flatMap { ["asks_\($0)", "parts_\($0)"] })
                // No event tells what became of anything, until the end.
                try await system.atRest()
                await system.sandbox.pauseWebhooks(true)
                for seed in 1...20 {
                    await system.sandbox.setChaos(Self.badDay(seed))
                    let (asked, divided) = (try #require(payments["asks_\(seed)"]), try #require(payments["parts_\(seed)"]))
                    async let approval: Void = approve(asked, of: "asks_\(seed)", system, [system.refund, other])
                    async let division: Void = divide(divided, system, [system.refund, other])
                    _ = try await (approval, division)
                }
                await system.sandbox.setChaos(ChaosProfile())
                try await settle(system)
            }
        }
    }

    /// Fifty approvals of one request: one of them decides, and nobody gets an error of ours.
    private func approve(_ payment: String, of user: String, _ system: RunningSystem, _ urls: [String]) async throws {
        let request = try await system.askForRefund(of: payment, as: user)
        let answers = try await system.fifty { number in
            try await system.process(
                #"{"refund_request_id": "\#(request)", "decision": "approve", "admin_reason": "yes"}"#, at: urls[number % 2])
        }
        let statuses = Dictionary(grouping: answers, by: \.status).mapValues(\.count)
        #expect(statuses[200, default: 0] + statuses[202, default: 0] == 1, "\(statuses)")
        #expect(statuses[409] == 49, "\(statuses)")
    }

    /// Fifty parts of 30 %: three fit.
    private func divide(_ payment: String, _ system: RunningSystem, _ urls: [String]) async throws {
        let answers = try await system.fifty { number in
            try await system.process(
                #"{"payment_id": "\#(payment)", "amount": 570, "admin_reason": "a part"}"#, key: "\(payment)-\(number)",
                at: urls[number % 2])
        }
        let made = answers.filter { $0.status == 200 || $0.status == 202 }.count
        let others = answers.first { $0.status != 200 && $0.status != 202 }.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(made == 3, "\(Dictionary(grouping: answers, by: \.status).mapValues(\.count)): \(others ?? "")")
        #expect(answers.allSatisfy { [200, 202, 422].contains($0.status) })
    }

    /// When all is known: Stripe's books and ours say the same. A part of which cannot be known whether Stripe made it waits for an admin.
    private func settle(_ system: RunningSystem) async throws {
        try await worksOff("what is neither known nor waits for an admin") {
            try await system.value(
                """
                SELECT string_agg(concat_ws(' ', id, status, tries), ',') FROM refund.refunds
                WHERE status = 'reserved' OR (status = 'unknown' AND NOT EXISTS (
                    SELECT FROM refund.alerts WHERE code = 'refund_undecided' AND subject = refunds.id AND cleared_at IS NULL))
                """)
        }
        try await #expect(system.value("SELECT count(*) > 5 FROM refund.refunds WHERE tries > 0") == "true", "a bad day it was")
        await system.sandbox.pauseWebhooks(false)
        try await worksOff("events") {
            let undelivered = await system.sandbox.undelivered
            return undelivered == 0 ? nil : "\(undelivered)"
        }
        let account = await system.sandbox.account
        for charge in account.charges.all where charge.succeeded {
            #expect(charge.amountRefunded <= charge.amount)
            let theirs = account.refunds.all.filter { $0.charge == charge.id }
            let ours = try await system.value(
                """
                SELECT count(*) || ' ' || coalesce(sum(amount), 0) FROM refund.refunds
                WHERE stripe_charge_id = \(charge.id) AND status = 'succeeded'
                """)
            #expect(ours == "\(theirs.count) \(theirs.reduce(0) { $0 + $1.amount })", "\(charge.id)")
            #expect(Set(theirs.map { $0.metadata["refund_id"] }).count == theirs.count, "each is another one of ours")
        }
        try await #expect(
            system.value(
                "SELECT count(*) FROM refund.refund_requests WHERE status NOT IN ('succeeded', 'pending') OR amount <> 1900") == "0")
        try await #expect(
            system.value("SELECT count(*) FROM refund.alerts WHERE code = 'refunds_exceed_payment'") == "0")
    }
}

extension RunningSystem {
    /// One more replica of a service, while `body` runs; its address.
    func replica(of service: ServiceName, _ body: @Sendable (String) async throws -> Void) async throws {
        let build = try #require(Self.services.first { $0.0 == service }?.1)
        var settings = Self.commonSettings(stripeURL: stripeURL, broker: broker)
        settings.merge(database.settings(of: service.rawValue)) { $1 }
        settings.merge(["SWEEP_INTERVAL_SECONDS": "3600", "CUSTOMER_CALLS_PER_MINUTE": "1000"]) { $1 }
        try await ServedInTest.running([ServedInTest(service.rawValue, settings: settings, build: build)], logLevel: .critical) {
            addresses in
            try await body(addresses[0].url)
        }
    }

    /// The first payments of new customers, by user.
    func paid(by users: [String]) async throws -> [String: String] {
        // One after the other: forty at once on a machine that is busy elsewhere are another test.
        var payments: [String: String] = [:]
        for user in users { payments[user] = try await paid(by: user) }
        return payments
    }

    /// What fifty get who do the same at the same time.
    func fifty(_ act: @escaping @Sendable (Int) async throws -> Answer) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<50 { group.addTask { try await act(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
