import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Analytics

@Suite("Our totals beside Stripe's")
struct StripeComparisonTests {
    private let time = Fact.time("2026-03-01")

    /// What a pass over Stripe's refunds tells, so many days after the first.
    private func pass(_ version: Int64, day: Double, _ totals: [ReconciliationFinished.Total]) -> ReconciliationFinished {
        ReconciliationFinished(
            service: .refund, scope: "refunds", version: version, asOf: time.addingTimeInterval(day * 86_400), seen: 9, repaired: 0,
            passedOver: 0, totals: totals)
    }

    private func hear(_ pass: ReconciliationFinished, _ bench: AnalyticsBench) async throws {
        let alerts = Alerts(pool: bench.outbox.pool, logger: .init(label: "test"))
        try await bench.outbox.transaction { work in _ = try await ReconciliationFinishedHandler(alerts: alerts).apply(pass, (), in: work) }
    }

    private func differences(_ bench: AnalyticsBench) async throws -> [String] {
        try await StripeDifferences.all(in: bench.outbox.pool).map {
            "\($0.currency) \($0.status) \($0.stripeCount)/\($0.stripeAmount) \($0.ourCount)/\($0.ourAmount) x\($0.passes)"
        }
    }

    private func alerts(_ bench: AnalyticsBench) async throws -> [String] {
        try await bench.outbox.pool.query("SELECT code || ' ' || subject AS line FROM alerts WHERE cleared_at IS NULL").map {
            try $0.get("line")
        }
    }

    @Test("differ when two passes say so, and no more when one says otherwise", .database)
    func lasting() async throws {
        let bench = try await AnalyticsBench.make()
        try await bench.hear([.refund("r1", of: "a", at: "2026-02-01"), .refund("r2", 1, "failed", of: "a", at: "2026-02-02")])
        let theirs = [
            ReconciliationFinished.Total(currency: "usd", status: "succeeded", isOurs: true, count: 2, amount: 900),
            .init(currency: "usd", status: "failed", isOurs: true, count: 1, amount: 500),
            // Somebody else's.
            .init(currency: "usd", status: "succeeded", isOurs: false, count: 5, amount: 5000),
        ]
        try await hear(pass(1, day: 0, theirs), bench)
        try await #expect(differences(bench) == ["usd succeeded 2/900 1/500 x1"])
        try await #expect(alerts(bench) == [], "it may be on its way")
        // While something differs every pass is compared, a late one apart.
        try await hear(pass(2, day: 0.1, theirs), bench)
        try await hear(pass(1, day: 0, theirs), bench)
        try await #expect(differences(bench) == ["usd succeeded 2/900 1/500 x2"])
        try await #expect(alerts(bench) == ["stripe_differs refund refunds"])
        try await bench.hear([.refund("r3", 1, "succeeded", 400, of: "b", at: "2026-02-03")])
        try await hear(pass(3, day: 0.2, theirs), bench)
        try await #expect(differences(bench) == [])
        try await #expect(alerts(bench) == [])
    }

    @Test("are compared once a day while they agree, and only up to when the pass began", .database)
    func daily() async throws {
        let bench = try await AnalyticsBench.make()
        try await hear(pass(1, day: 0, []), bench)
        let some = [ReconciliationFinished.Total(currency: "usd", status: "succeeded", isOurs: true, count: 1, amount: 500)]
        try await hear(pass(2, day: 0.9, some), bench)
        try await #expect(differences(bench) == [], "compared that day already")
        try await hear(pass(3, day: 1, some), bench)
        try await #expect(differences(bench) == ["usd succeeded 1/500 0/0 x1"])
        try await bench.hear([.refund("r1", of: "a", at: "2026-02-01"), .refund("late", of: "a", at: "2026-03-09")])
        try await hear(pass(4, day: 2, some), bench)
        try await #expect(differences(bench) == [])
    }
}
