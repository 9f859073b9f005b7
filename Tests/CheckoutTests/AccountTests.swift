import Foundation
import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("A customer's own account")
struct AccountTests {
    /// 120 payments of each of ten users, three of each at the same time, and a subscription of every other user.
    private func fill(_ database: TestDatabase) async throws {
        try await database.superuser.query(
            """
            INSERT INTO checkout.payments (user_id, stripe_payment_intent_id, amount, status, plan_id, plan_name, by_invoice, word_at, created_at)
            SELECT 'user_' || person, 'pi_' || person || '_' || number, number, 'succeeded', 'basic', 'Basic', false, now(),
                   timestamptz '2026-11-01 00:00:00.5Z' + number / 3 * interval '1 second'
            FROM generate_series(1, 10) AS person, generate_series(1, 120) AS number
            """)
        try await database.superuser.query(
            """
            INSERT INTO checkout.subscriptions (stripe_subscription_id, user_id, stripe_customer_id, plan_id, status, cancel_at_period_end,
                                                stripe_created_at, source_time, read_ticket)
            SELECT 'sub_' || person, 'user_' || person, 'cus_' || person, 'basic', 'past_due', false, now(), now(), 0
            FROM generate_series(2, 10, 2) AS person
            """)
        try await database.superuser.query(
            """
            INSERT INTO checkout.invoices (stripe_invoice_id, stripe_subscription_id, status, attempt_count, source_time, read_ticket)
            SELECT 'in_' || person, 'sub_' || person, 'open', person, now(), 0 FROM generate_series(2, 8, 2) AS person
            """)
    }

    private func payments(_ answer: RunningCheckout.Answer) throws -> [String] {
        try #require(answer.json()["data"] as? [[String: Any]]).compactMap { $0["stripe_payment_intent_id"] as? String }
    }

    /// Runs `body` for each of the ten users, twice, all at once.
    private func everybody(_ body: @escaping @Sendable (RunningCheckout, Int) async throws -> Void) async throws {
        try await RunningCheckout.run { checkout, _ in
            try await fill(checkout.database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in Array(1...10) + Array(1...10) { group.addTask { try await body(checkout, person) } }
                try await group.waitForAll()
            }
        }
    }

    @Test("is read by many at once, each their own, in pages without a gap, whichever way the answer takes", .database, .broker)
    func pages() async throws {
        try await everybody { checkout, person in
            let user = "user_\(person)"
            let first = try await checkout.get("payment-history", as: user)
            #expect(first.status == 200)
            #expect(first.body == (try await checkout.get("payment-history", as: user, origin: "https://other.example").body))
            var (found, cursor) = (try payments(first), try first.json()["next_cursor"] as? String)
            #expect(found.count == 50)
            while let place = cursor {
                let page = try await checkout.get("payment-history?limit=33&cursor=\(place)", as: user)
                found += try payments(page)
                cursor = try page.json()["next_cursor"] as? String
            }
            #expect(found.count == 120)
            #expect(Set(found) == Set((1...120).map { "pi_\(person)_\($0)" }))
            let amounts = found.compactMap { Int($0.split(separator: "_")[2]) }
            #expect(zip(amounts, amounts.dropFirst()).allSatisfy { $0 / 3 >= $1 / 3 }, "the newest first")
        }
    }

    @Test("has the subscription of whoever asks, with what keeps it from being paid, whichever way the answer takes", .database, .broker)
    func status() async throws {
        try await everybody { checkout, person in
            let answer = try await checkout.get("subscription-status", as: "user_\(person)")
            #expect(answer.status == 200)
            let other = try await checkout.get("subscription-status", as: "user_\(person)", origin: "https://other.example")
            #expect(answer.body == other.body)
            let subscription = try answer.json()["subscription"] as? [String: Any]
            #expect(subscription?["id"] as? String == (person % 2 == 0 ? "sub_\(person)" : nil))
            let problem = subscription?["payment_problem"] as? [String: Any]
            #expect(problem?["attempt_count"] as? Int == (person % 2 == 0 && person < 10 ? person : nil))
        }
    }

    @Test("is nobody else's: a token that is not accepted is 401, and a page that is not one is named", .database, .broker)
    func refused() async throws {
        try await RunningCheckout.run { checkout, _ in
            for path in ["payment-history", "subscription-status"] {
                try await #expect(checkout.get(path, as: "").status == 401)
            }
            try await #expect(checkout.get("payment-history?limit=0").refusal() == "invalid_parameter limit")
            try await #expect(checkout.get("payment-history?cursor=x").refusal() == "invalid_parameter cursor")
        }
    }
}
