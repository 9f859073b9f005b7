import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Analytics

@Suite("The sums of days")
struct FigureTests {
    @Test("move to the right day by difference, however late a fact is corrected", .database)
    func corrected() async throws {
        let bench = try await AnalyticsBench.make()
        try await bench.hear([.payment("a", 1, .pending, at: "2026-03-01", plan: nil), .payment("b", at: "2026-03-01", plan: nil)])
        try await #expect(bench.figures() == ["usd collected 2026-03-01  1 1900", "usd pending 2026-03-01  1 1900"])
        try await bench.hear([.payment("a", 2, at: "2026-03-04", plan: "premium"), .payment("b", 2, at: "2026-03-01", plan: "basic")])
        try await #expect(bench.figures() == ["usd collected 2026-03-01 basic 1 1900", "usd collected 2026-03-04 premium 1 1900"])
        try await bench.hear([.payment("b", 3, at: "2026-03-01", mergedInto: "a")])
        try await bench.hear([.refund("r", 1, of: "a", at: "2026-03-05"), .dispute("d", 1, "needs_response", of: "a", at: "2026-03-06")])
        try await #expect(
            bench.figures() == [
                "usd collected 2026-03-04 premium 1 1900", "usd disputed 2026-03-06 open 1 1900",
                "usd refunded 2026-03-05 requested_by_customer 1 500", "usd withdrawn 2026-03-06  1 1900",
            ])
        try await bench.hear([.refund("r", 2, "failed", of: "a", at: "2026-03-05"), .dispute("d", 2, "lost", of: "a", at: "2026-03-06")])
        try await bench.hear([.dispute("d", 3, "won", of: "a", at: "2026-03-06", isOut: false)])
        try await #expect(
            bench.figures() == ["usd collected 2026-03-04 premium 1 1900", "usd disputed 2026-03-06 won 1 1900"])
        try await #expect(bench.differences() == 0)
    }

    @Test("are the same for any order, in deliveries of any size, each fact three times", .database)
    func anyOrder() async throws {
        let bench = try await AnalyticsBench.make()
        var expected: [String]?
        for seed in 0..<20 {
            var random = Seeded(seed: UInt64(seed))
            var facts = seed == 0 ? Self.life : (Self.life + Self.life + Self.life).shuffled(using: &random)
            if seed == 1 { facts = Self.life.reversed() }
            while !facts.isEmpty {
                let count = min(facts.count, seed == 0 ? 1 : Int.random(in: 1...9, using: &random))
                try await bench.hear(Array(facts.prefix(count)))
                facts.removeFirst(count)
            }
            try await #expect(bench.differences() == 0, "seed \(seed)")
            let figures = try await bench.figures()
            #expect(figures == expected ?? figures, "seed \(seed)")
            expected = figures
            try await #require(TestDatabase.current).superuser.query(
                """
                TRUNCATE analytics.payments, analytics.payment_attempts, analytics.refunds, analytics.disputes, analytics.subscription_states,
                         analytics.figures
                """)
        }
        #expect((expected ?? []).count > 30)
    }

    @Test("are the same when many replicas hear the same facts at once", .database)
    func together() async throws {
        let bench = try await AnalyticsBench.make()
        for seed in 0..<10 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for replica in 0..<6 {
                    group.addTask {
                        var random = Seeded(seed: UInt64(seed * 10 + replica))
                        for fact in Self.life.shuffled(using: &random) { try await bench.hear([fact]) }
                    }
                }
                try await group.waitForAll()
            }
            try await #expect(bench.differences() == 0, "seed \(seed)")
        }
    }

    @Test("nobody but the tables behind them may change them", .database)
    func nobody() async throws {
        let bench = try await AnalyticsBench.make()
        try await bench.hear([.payment("a", at: "2026-03-01")])
        for statement: Query in ["UPDATE figures SET amount = 0", "DELETE FROM figures", "UPDATE calendar SET time_zone = 'UTC'"] {
            let error = await #expect(throws: PostgresError.self) { try await bench.outbox.pool.query(statement) }
            #expect(error?.code == .insufficientPrivilege)
        }
    }

    @Test("that were damaged are found and mended when all is counted anew", .database)
    func damaged() async throws {
        let bench = try await AnalyticsBench.make()
        try await bench.hear(Self.life)
        let right = try await bench.figures()
        let superuser = try #require(TestDatabase.current).superuser
        try await superuser.query("UPDATE analytics.figures SET amount = amount + 1 WHERE figure = 'collected' AND part = 'basic'")
        try await superuser.query("DELETE FROM analytics.figures WHERE figure = 'mrr'")
        try await superuser.query("INSERT INTO analytics.figures VALUES ('eur', 'collected', '2026-01-01', 'basic', 1, 1)")
        try await #expect(bench.figures() != right)
        let alerts = Alerts(pool: bench.outbox.pool, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let countAnew = CountAnew(pool: bench.outbox.pool, alerts: alerts)
        let found = try await countAnew()
        #expect(found.differing > 3 && found.differences.count == found.differing)
        #expect(found.differences.contains { $0.currency == "eur" && $0.countKept == 1 && $0.countRight == 0 && $0.amountKept == 1 })
        try await #expect(alerts.raised(CountAnew.alert) == ["figures"])
        try await #expect(bench.figures() == right)
        try await #expect(countAnew().differing == 0)
        try await #expect(alerts.raised(CountAnew.alert) == [])
    }

    /// Status, amount, interval, how many of them, discount, and what that is a month.
    private static let monthly: [(String, Int64, String, Int64, SubscriptionChanged.Discount?, Int64)] = [
        // Stripe's documentation, "Billing metric definitions": a year is twelve months, past due counts, trials and unpaid do not.
        ("active", 12000, "year", 1, nil, 1000), ("active", 1900, "month", 1, nil, 1900), ("active", 5700, "month", 3, nil, 1900),
        ("past_due", 1900, "month", 1, nil, 1900), ("trialing", 1900, "month", 1, nil, 0), ("unpaid", 1900, "month", 1, nil, 0),
        ("active", 100, "week", 1, nil, 433), ("active", 100, "day", 1, nil, 3042), ("active", 100, "week", 2, nil, 217),
        // Stripe Support, "Billing Analytics": of discounts only those for ever.
        ("active", 1900, "month", 1, .init(percentOff: 50, percentOffForever: 50, amountOffForever: 0), 950),
        ("active", 1900, "month", 1, .init(percentOff: 50, percentOffForever: 0, amountOffForever: 0), 1900),
        ("active", 1900, "month", 1, .init(amountOff: 400, percentOffForever: 0, amountOffForever: 400), 1500),
        ("active", 1900, "month", 1, .init(amountOff: 9900, percentOffForever: 0, amountOffForever: 9900), 0),
        ("active", 12000, "year", 1, .init(percentOff: 25, percentOffForever: 25, amountOffForever: 0), 750),
        // Told before it was known how long a discount holds.
        ("active", 1900, "month", 1, .init(percentOff: 50), 950),
        ("active", 1900, "month", 1, .init(percentOff: 50, end: Fact.time("2027-01-01")), 1900),
    ]

    @Test("count what a subscription brings a month as Stripe does", .database)
    func monthly() async throws {
        let bench = try await AnalyticsBench.make()
        for (number, one) in Self.monthly.enumerated() {
            let currency = "c\(number + 10)"
            try await bench.hear([
                .subscription("s\(number)", 1, one.0, one.1, at: "2026-01-01", currency, every: one.2, count: one.3, discount: one.4)
            ])
            let expected = one.5 == 0 ? [] : ["\(currency) mrr 2026-01-01 customers 1 \(one.5)"]
            try await #expect(bench.figures("mrr", currency).filter { !$0.contains("by_month") } == expected, "\(one)")
        }
    }

    /// What happened to three customers.
    static let life: [Fact] = [
        .payment("a", 1, .pending, at: "2026-01-01T10:00:00Z"), .payment("a", 2, at: "2026-01-01T10:00:05Z"),
        .payment("b", 1, .failed, at: "2026-02-01"), .payment("b", 2, at: "2026-02-04", plan: "premium"),
        .payment("c", 1, at: "2026-02-04"), .payment("c", 2, at: "2026-02-04", mergedInto: "b"),
        .payment("y", 1, .succeeded, 300, at: "2026-01-07", "jpy"),
        .attempt("t1", of: "b", nil, at: "2026-02-01"), .attempt("t1", of: "b", 1, at: "2026-02-01", 2),
        .attempt("t2", of: "b", 2, at: "2026-02-03", 1), .attempt("t2", of: "b", 2, at: "2026-02-03", 2, recovered: "2026-02-04"),
        .attempt("t1", of: "b", 1, at: "2026-02-01", 3, recovered: "2026-02-04"), .attempt("t3", of: "c", 1, at: "2026-02-04"),
        .attempt("t3", of: "b", 3, at: "2026-02-04", 2), .attempt("t4", of: "z", nil, at: "2026-02-09", code: nil),
        .refund("r1", 1, "pending", of: "a", at: "2026-01-09"), .refund("r1", 2, of: "a", at: "2026-01-09"),
        .refund("r2", 3, of: "a", at: "2026-01-10"), .refund("r2", 4, "failed", of: "a", at: "2026-01-10"),
        .dispute("d", 1, "needs_response", of: "b", at: "2026-02-10"), .dispute("d", 2, "lost", of: "b", at: "2026-02-10"),
        .dispute("d", 3, "won", of: "b", at: "2026-02-10"),
        .subscription("s1", 1, "trialing", at: "2026-01-01"), .subscription("s1", 2, "active", at: "2026-01-08"),
        .subscription("s1", 3, "active", 2900, at: "2026-01-20"), .subscription("s1", 4, "past_due", 2900, at: "2026-02-08"),
        .subscription("s1", 5, "active", 2900, at: "2026-02-09"),
        .subscription("s1", 6, "canceled", 2900, at: "2026-03-08", ended: "2026-03-08", because: "cancellation_requested"),
        .subscription("s2", 1, "active", at: "2026-04-01"), .subscription("s2", 2, "unpaid", at: "2026-05-09"),
        .subscription("s3", 1, "active", 12000, at: "2026-01-31", "eur", user: "user_2", every: "year"),
        .subscription("s3", 2, "active", 12000, at: "2026-01-31", "eur", user: "user_2", every: "year"),
    ]
}
