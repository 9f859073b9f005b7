import Foundation
import HTTPTestKit
import Messages
import Models
import TestKit
import Testing

@testable import Analytics

@Suite("GET /admin/analytics")
struct AnalyticsAnswerTests {
    /// What happened in February 2026, and beside it, with numbers that can be added up by hand.
    private static let february: [Fact] = [
        .payment("a", at: "2026-02-01"), .payment("b", at: "2026-02-03", user: "user_2"),
        .payment("c", 1, .refunded, 4900, at: "2026-02-28T23:59:59Z", plan: "premium"),
        .payment("once", 1, .succeeded, 700, at: "2026-02-10", plan: nil),
        .payment("before", at: "2026-01-31T23:59:59Z"), .payment("after", at: "2026-03-01"),
        .payment("f", 1, .failed, 1900, at: "2026-02-05"), .payment("g", 1, .canceled, 1900, at: "2026-02-05"),
        .payment("h", 1, .pending, 1900, at: "2026-02-05"), .payment("yen", 1, .succeeded, 5000, at: "2026-02-05", "jpy"),
        // b came at the third attempt; f never came. 2026-02-01 was a Sunday.
        .attempt("t1", of: "b", 1, at: "2026-02-01T08:15:00Z", recovered: "2026-02-03"),
        .attempt("t2", of: "b", 2, at: "2026-02-02T08:15:00Z", recovered: "2026-02-03", code: "expired_card"),
        .attempt("t3", of: "f", 1, at: "2026-02-05T09:00:00Z"),
        .attempt("t4", of: "h", nil, at: "2026-02-05T09:30:00Z", code: nil, amount: 100),
        .refund("r1", 1, "succeeded", 4900, of: "c", at: "2026-02-28"),
        .refund("r2", 1, "pending", 300, of: "before", at: "2026-02-02", reason: nil),
        .refund("r3", 1, "failed", 1900, of: "a", at: "2026-02-02"),
        .dispute("d1", 1, "needs_response", of: "a", at: "2026-02-20"), .dispute("d2", 1, "won", of: "b", at: "2026-02-21", isOut: false),
        .dispute("d3", 1, "lost", 700, of: "once", at: "2026-02-22", isOut: true),
        .dispute("d4", 1, "warning_under_review", of: "before", at: "2026-02-23"),
        // user_1 goes up and stays, user_2 leaves in February, user_3 comes, user_4 comes back, user_5 is on trial, user_6 cannot pay.
        .subscription("s1", 1, "active", 1900, at: "2026-01-01"), .subscription("s1", 2, "active", 4900, at: "2026-02-10"),
        .subscription("s2", 1, "active", 1900, at: "2026-01-03", user: "user_2"),
        .subscription("s2", 2, "canceled", 1900, at: "2026-02-11", user: "user_2", ended: "2026-02-11", because: "cancellation_requested"),
        .subscription("s3", 1, "active", 12000, at: "2026-02-12", user: "user_3", every: "year"),
        .subscription("s4", 1, "active", 1900, at: "2025-06-01", user: "user_4"),
        .subscription("s4", 2, "canceled", 1900, at: "2025-12-01", user: "user_4", ended: "2025-12-01", because: "payment_failed"),
        .subscription("s5", 1, "active", 1900, at: "2026-02-13", user: "user_4"),
        .subscription("s6", 1, "trialing", 1900, at: "2026-02-14", user: "user_5"),
        .subscription("s7", 1, "active", 1900, at: "2026-01-05", user: "user_6"),
        .subscription("s7", 2, "past_due", 1900, at: "2026-02-05", user: "user_6"),
        .subscription("s7", 3, "unpaid", 1900, at: "2026-02-15", user: "user_6"),
        .subscription("s8", 1, "past_due", 1900, at: "2026-01-07", user: "user_7"),
    ]

    private static let expected: [(path: String, value: String)] = [
        ("period.from", "2026-02-01"), ("period.to", "2026-03-01"), ("period.days", "28"), ("period.time_zone", "UTC"), ("currency", "usd"),
        ("currencies.0", "jpy"), ("currencies.1", "null"),
        ("revenue.gross", "9400"), ("revenue.refunded", "5200"), ("revenue.disputed", "2600"), ("revenue.net", "1600"),
        ("revenue.by_plan.0.plan_name", "Premium"), ("revenue.by_plan.0.amount", "4900"), ("revenue.by_plan.1.plan_id", "basic"),
        ("revenue.by_plan.1.amount", "3800"), ("revenue.by_plan.1.payments", "2"), ("revenue.by_plan.2.plan_id", "null"),
        ("revenue.by_plan.2.amount", "700"), ("revenue.by_day.0.date", "2026-02-01"), ("revenue.by_day.0.amount", "1900"),
        ("revenue.by_day.27.amount", "4900"), ("revenue.by_day.27.refunded", "4900"), ("revenue.by_day.28", "null"),
        ("revenue.by_day.1.amount", "0"), ("revenue.by_day.1.failed_attempts", "1"),
        ("payments.succeeded", "4"), ("payments.failed", "1"), ("payments.canceled", "1"), ("payments.pending", "1"),
        ("payments.average_amount", "2350"), ("payments.success_rate", "0.8"),
        ("failures.count", "4"), ("failures.amount", "5800"), ("failures.by_code.0.failure_code", "card_declined"),
        ("failures.by_code.0.count", "2"), ("failures.by_code.1.failure_code", "expired_card"), ("failures.by_code.2.failure_code", "null"),
        ("failures.by_attempt.0.attempt", "1"), ("failures.by_attempt.0.count", "2"), ("failures.by_attempt.0.recovered", "1"),
        ("failures.by_attempt.1.attempt", "2"), ("failures.by_attempt.2.attempt", "null"), ("failures.by_hour.8.count", "2"),
        ("failures.by_hour.9.amount", "2000"), ("failures.by_weekday.6.count", "1"), ("failures.by_weekday.3.count", "2"),
        ("recovery.payments", "2"), ("recovery.amount", "3800"), ("recovery.recovered", "1"), ("recovery.recovered_amount", "1900"),
        ("recovery.rate", "0.5"),
        ("refunds.count", "2"), ("refunds.amount", "5200"), ("refunds.by_reason.0.reason", "requested_by_customer"),
        ("refunds.by_reason.1.reason", "null"), ("refunds.by_reason.1.amount", "300"),
        ("disputes.open", "1"), ("disputes.won", "1"), ("disputes.lost", "1"), ("disputes.inquiries", "1"), ("disputes.amount", "4500"),
        ("disputes.rate", "0.75"),
        // Active: s1, s3, s5. They and s8 bring 4900 + 1000 + 1900 + 1900.
        ("subscriptions.active", "3"), ("subscriptions.trialing", "1"), ("subscriptions.past_due", "1"),
        ("subscriptions.canceled_in_period", "1"), ("subscriptions.customers", "4"), ("subscriptions.mrr", "9700"),
        ("subscriptions.mrr_at_start", "7600"), ("subscriptions.arpu", "2425"), ("subscriptions.mrr_movements.new.customers", "1"),
        ("subscriptions.mrr_movements.new.amount", "1000"), ("subscriptions.mrr_movements.expansion.amount", "3000"),
        ("subscriptions.mrr_movements.contraction.amount", "0"), ("subscriptions.mrr_movements.churn.customers", "2"),
        ("subscriptions.mrr_movements.churn.amount", "-3800"), ("subscriptions.mrr_movements.reactivation.amount", "1900"),
        ("subscriptions.churn.voluntary.customers", "1"), ("subscriptions.churn.involuntary.customers", "1"),
        ("subscriptions.churn.dispute.customers", "0"), ("subscriptions.churn_rate", "0.5"), ("subscriptions.mrr_churn_rate", "0.5"),
    ]

    @Test("has every number as it is added up by hand", .database, .broker)
    func numbers() async throws {
        try await RunningAnalytics.run { analytics in
            try await analytics.bench.hear(Self.february)
            let answer = try await analytics.json("analytics?from=2026-02-01&to=2026-03-01")
            for (path, expected) in Self.expected { #expect(value(answer, path) == expected, "\(path)") }
            let yen = try await analytics.json("analytics?from=2026-02-01&to=2026-03-01&currency=jpy")
            #expect(value(yen, "revenue.gross") == "5000" && value(yen, "currencies.0") == "usd" && value(yen, "disputes.rate") == "0")
            let nothing = try await analytics.json("analytics?from=2020-02-01&to=2020-02-02")
            for path in ["payments.average_amount", "payments.success_rate", "subscriptions.churn_rate", "recovery.rate"] {
                #expect(value(nothing, path) == "null", "\(path)")
            }
        }
    }

    @Test("defines every number in a sentence, and no other", .database, .broker)
    func definitions() async throws {
        try await RunningAnalytics.run { analytics in
            let answer = try await analytics.json("analytics")
            let sentences = try #require(answer["definitions"] as? [String: String])
            #expect(sentences.values.allSatisfy { $0.hasSuffix(".") && $0.count > 20 })
            for path in sentences.keys { #expect(found(answer, path) != nil, "\(path)") }
            for group in ["revenue", "payments", "failures", "recovery", "refunds", "disputes", "subscriptions"] {
                for name in try #require(answer[group] as? [String: Any]).keys {
                    let isKnown = sentences["\(group).\(name)"] != nil || ["amount", "recovered_amount", "mrr_at_start"].contains(name)
                    #expect(isKnown, "\(group).\(name)")
                }
            }
        }
    }

    @Test("opens each number to exactly the payments behind it", .database, .broker)
    func behind() async throws {
        try await RunningAnalytics.run { analytics in
            try await analytics.bench.hear(Self.february)
            let answer = try await analytics.json("analytics?from=2026-02-01&to=2026-03-01")
            let addresses = try #require(answer["behind"] as? [String: String])
            let expected = [
                "revenue.gross": "a b c once", "payments.failed": "f", "payments.canceled": "g", "payments.pending": "h",
                "revenue.refunded": "before c", "revenue.disputed": "a once", "failures.count": "b f h", "recovery.payments": "b f",
                "recovery.recovered": "b", "disputes.won": "b", "disputes.inquiries": "before", "revenue.by_plan&part=basic": "a b",
                "failures.by_code&part=expired_card": "b", "failures.by_hour&part=9": "f h",
                "refunds.by_reason&part=requested_by_customer": "c",
            ]
            for (name, payments) in expected {
                let parts = name.split(separator: "&", maxSplits: 1).map(String.init)
                let address = try #require(addresses[parts[0]]) + (parts.count > 1 ? "&\(parts[1])" : "")
                let list = try await analytics.json(String(address.dropFirst("/api/payment/admin/".count)))
                let ids = try #require(list["data"] as? [[String: Any]]).compactMap { $0["id"] as? String }
                #expect(ids.sorted().joined(separator: " ") == payments, "\(name)")
            }
        }
    }

    @Test("is the last 30 days unless told otherwise", .database, .broker)
    func period() async throws {
        try await RunningAnalytics.run(["ANALYTICS_TIME_ZONE": "Pacific/Kiritimati"]) { analytics in
            try await eventually("days begin on Kiritimati") {
                try await value(analytics.json("analytics"), "period.time_zone") == "Pacific/Kiritimati"
            }
            let answer = try await analytics.json("analytics")
            #expect(value(answer, "period.days") == "30" && value(answer, "revenue.by_day.29.date") != "null")
            try await #expect(value(analytics.json("analytics?from=2026-01-01&to=2026-01-02"), "period.days") == "1")
            try await #expect(value(analytics.json("analytics?to=2026-01-31"), "period.from") == "2026-01-01")
        }
    }

    @Test("refuses what it cannot add up, naming the field", .database, .broker)
    func refusals() async throws {
        try await RunningAnalytics.run { analytics in
            for (query, field) in [
                ("from=yesterday", "from"), ("from=2026-02-30", "from"), ("to=2026-01-01T00:00:00Z", "to"),
                ("from=2026-02-01&to=2026-02-01", "to"),
                ("from=1900-01-01&to=2026-01-01", "to"), ("currency=dollars", "currency"), ("currency=USD", "currency"),
                ("currency=us%27", "currency"), ("from=2026-01-01&from=2026-01-02", "from"), ("from=%00", "null"),
            ] {
                let answer = try await analytics.call("GET", "analytics?\(query)")
                #expect(answer.status == 400, "\(query)")
                let body = try JSONSerialization.jsonObject(with: Data(answer.body))
                #expect(value(body, "error.field") == field, "\(query)")
            }
        }
    }
}
