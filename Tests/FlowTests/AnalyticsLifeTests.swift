import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Analytics
@testable import StripeSandbox

/// What many customers do in ten weeks, with events delivered twice and behind others: two currencies, trials, other plans, ends, payments that
/// fail and come back or do not, refunds, disputes.
@Suite("The numbers of many lives")
struct AnalyticsLifeTests {
    /// `deploy/local test --customers 500` lives more of them.
    private static let customers = Int(ProcessInfo.processInfo.environment["LIFE_CUSTOMERS"] ?? "") ?? 80

    @Test("are those of the books and of Stripe's ledger, counted anew and heard three times in reverse as well", .database, .broker)
    func life() async throws {
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        try await RunningSystem.withAccount { sandbox, stripeURL in
            let euro = try await Self.sellInEuro(sandbox)
            try await RunningSystem.run(
                on: sandbox, at: stripeURL, ["STRIPE_PRICE_BASIC": "price_basic,\(euro)", "SWEEP_INTERVAL_SECONDS": "3600"]
            ) { system in
                let rules: [ChaosKind: ChaosProfile.Rule] = [
                    .duplicated: .init(trigger: .probability(0.2)), .reordered: .init(trigger: .probability(0.2)),
                ]
                await sandbox.setChaos(ChaosProfile(seed: 24, rules: rules))
                var life = ManyLives(sandbox: sandbox, euro: euro)
                try await life.live(Self.customers)
                await sandbox.setChaos(ChaosProfile())
                try await system.atRest()
                try await system.isHeard()
                for currency in ["usd", "eur"] { try await Self.check(currency, system) }
                let analytics = try #require(system.urls[.analytics])
                let anew = try await system.post("\(analytics)/api/payment/admin/analytics/rebuild", [:], asAdmin: "admin_1")
                try #expect(anew.json()["differing"] as? Int == 0)
                try await Self.inReverse(system)
            }
        }
    }

    /// The basic plan at another price.
    private static func sellInEuro(_ sandbox: Sandbox) async throws -> String {
        try await sandbox.act { account throws(APIError) in
            let product = account.prices["price_basic"]?.product ?? ""
            try account.call("POST", "/v1/prices", "product=\(product)&currency=eur&unit_amount=1700&recurring[interval]=month")
            return account.prices.newestFirst.first { _ in true }?.id ?? ""
        }
    }

    /// The answer for all of the life, number by number.
    private static func check(_ currency: String, _ system: RunningSystem) async throws {
        let analytics = try #require(system.urls[.analytics])
        let bounds = try await system.database.observer.query(
            "SELECT (min(created_at) - interval '1 day')::date::text AS first, (max(updated_at) + interval '400 days')::date::text AS last FROM checkout.payments"
        )[0]
        let (from, to) = (try bounds.get("first", as: String.self), try bounds.get("last", as: String.self))
        let answer = try await system.get(
            "\(analytics)/api/payment/admin/analytics?currency=\(currency)&from=\(from)&to=\(to)", as: "admin_1", isAdmin: true
        ).json()
        for (path, query) in Self.books(currency) {
            let expected = try await system.value(query)
            #expect(text(answer, path) == expected ?? "0", "\(currency) \(path)")
        }
        for (path, expected) in await Self.ledger(currency, system.sandbox) {
            #expect(text(answer, path) == "\(expected)", "\(currency) \(path), by Stripe")
        }
        for list in Self.lists(currency) {
            let expected = try await system.database.observer.query(list.query).map { try $0.get("line", as: String.self) }
            #expect(lines(answer, list.path, list.keys) == expected.sorted() && !expected.isEmpty, "\(currency) \(list.path)")
        }
        let movements = try ["new", "expansion", "contraction", "churn", "reactivation"].map {
            try #require(Int(text(answer, "subscriptions.mrr_movements.\($0).amount")))
        }
        #expect(text(answer, "subscriptions.mrr") == "\(movements.reduce(0, +))", "all that came and went is what there is")
        let came = ["new", "reactivation"].map { Int(text(answer, "subscriptions.mrr_movements.\($0).customers")) ?? 0 }.reduce(0, +)
        let gone = ["voluntary", "involuntary", "dispute"].map { Int(text(answer, "subscriptions.churn.\($0).customers")) ?? 0 }.reduce(
            0, +)
        #expect(text(answer, "subscriptions.customers") == "\(came - gone)", "\(currency)")
        // Somebody did each of these things.
        let things = ["revenue.refunded", "revenue.disputed", "failures.count", "recovery.payments", "subscriptions.mrr", "disputes.won"]
        for path in things where currency == "usd" { #expect((Int(text(answer, path)) ?? 0) > 0, "\(path)") }
    }

    /// What the books of the services that own the facts say, each in a statement of its own.
    private static func books(_ currency: String) -> [(path: String, query: Query)] {
        let collected: Query = "FROM checkout.payments WHERE currency = \(currency) AND status IN ('succeeded', 'refunded')"
        let attempts: Query = """
            FROM checkout.payment_attempts AS attempt JOIN checkout.payments AS payment ON payment.id = attempt.payment_id
            WHERE payment.currency = \(currency)
            """
        let refunds: Query = """
            FROM refund.refunds WHERE currency = \(currency) AND payment_id IS NOT NULL AND status NOT IN ('failed', 'canceled', 'unknown')
            """
        let disputes: Query = "FROM refund.payment_disputes WHERE currency = \(currency) AND payment_id IS NOT NULL"
        return [
            ("revenue.gross", "SELECT sum(amount) " + collected), ("payments.succeeded", "SELECT count(*) " + collected),
            ("payments.average_amount", "SELECT round(avg(amount)) " + collected),
            ("revenue.by_plan.0.payments", "SELECT count(*) " + collected + " GROUP BY plan_id ORDER BY sum(amount) DESC LIMIT 1"),
            ("payments.failed", "SELECT count(*) FROM checkout.payments WHERE currency = \(currency) AND status = 'failed'"),
            ("failures.count", "SELECT count(*) " + attempts), ("failures.amount", "SELECT sum(attempt.amount) " + attempts),
            ("failures.by_attempt.0.count", "SELECT count(*) " + attempts + " AND attempt_number = 1"),
            ("failures.by_attempt.1.recovered", "SELECT count(*) " + attempts + " AND attempt_number = 2 AND recovered_at IS NOT NULL"),
            ("recovery.recovered", "SELECT count(*) " + attempts + " AND attempt_number = 1 AND recovered_at IS NOT NULL"),
            ("refunds.count", "SELECT count(*) " + refunds), ("refunds.amount", "SELECT sum(amount) " + refunds),
            ("disputes.open", "SELECT count(*) " + disputes + " AND status NOT IN ('won', 'lost') AND status NOT LIKE 'warning%'"),
            ("disputes.lost", "SELECT count(*) " + disputes + " AND status = 'lost'"),
            ("disputes.amount", "SELECT sum(amount) " + disputes + " AND status NOT LIKE 'warning%'"),
        ]
    }

    /// A list of the answer, and what the same services say of each line, at UTC.
    private typealias Listed = (path: String, keys: [String], query: Query)

    private static func lists(_ currency: String) -> [Listed] {
        let collected: Query = "FROM checkout.payments WHERE currency = \(currency) AND status IN ('succeeded', 'refunded')"
        return failures(currency) + [
            (
                "revenue.by_day", ["date", "amount", "payments"],
                "SELECT concat_ws(' ', (coalesce(paid_at, created_at) AT TIME ZONE 'UTC')::date, sum(amount), count(*)) AS line "
                    + collected
                    + " GROUP BY (coalesce(paid_at, created_at) AT TIME ZONE 'UTC')::date"
            ),
            (
                "revenue.by_plan", ["plan_id", "amount", "payments"],
                "SELECT concat_ws(' ', coalesce(plan_id, '-'), sum(amount), count(*)) AS line " + collected + " GROUP BY plan_id"
            ),
            (
                "refunds.by_reason", ["reason", "count", "amount"],
                """
                SELECT concat_ws(' ', coalesce(reason, '-'), count(*), sum(amount)) AS line FROM refund.refunds
                WHERE currency = \(currency) AND payment_id IS NOT NULL AND status NOT IN ('failed', 'canceled', 'unknown') GROUP BY reason
                """
            ),
        ]
    }

    private static func failures(_ currency: String) -> [Listed] {
        let attempts: Query = """
            FROM (SELECT attempt.*, attempt.created_at AT TIME ZONE 'UTC' AS at FROM checkout.payment_attempts AS attempt
                  JOIN checkout.payments AS payment ON payment.id = attempt.payment_id WHERE payment.currency = \(currency)) AS attempt
            """
        return [
            (
                "failures.by_code", ["failure_code", "count", "amount"],
                "SELECT concat_ws(' ', coalesce(failure_code, '-'), count(*), sum(amount)) AS line " + attempts + " GROUP BY failure_code"
            ),
            (
                "failures.by_attempt", ["attempt", "count", "recovered"],
                "SELECT concat_ws(' ', coalesce(attempt_number::text, '-'), count(*), count(recovered_at)) AS line " + attempts
                    + " GROUP BY attempt_number"
            ),
            (
                "failures.by_hour", ["hour", "count", "amount"],
                "SELECT concat_ws(' ', extract(hour FROM at), count(*), sum(amount)) AS line " + attempts
                    + " GROUP BY extract(hour FROM at)"
            ),
            (
                "failures.by_weekday", ["weekday", "count", "amount"],
                "SELECT concat_ws(' ', extract(isodow FROM at), count(*), sum(amount)) AS line " + attempts
                    + " GROUP BY extract(isodow FROM at)"
            ),
        ]
    }

    /// The lines of a list that count something, sorted.
    private static func lines(_ answer: Any, _ path: String, _ keys: [String]) -> [String] {
        (found(answer, path) as? [[String: Any]] ?? []).filter { ($0[keys[1]] as? Int ?? 0) != 0 }.map { item in
            keys.map { (item[$0] as? NSNumber)?.stringValue ?? item[$0] as? String ?? "-" }.joined(separator: " ")
        }.sorted()
    }

    /// What Stripe has, added up from its objects.
    private static func ledger(_ currency: String, _ sandbox: Sandbox) async -> [(path: String, amount: Int)] {
        let account = await sandbox.account
        let charges = account.charges.all.filter { $0.currency == currency }
        let collected = charges.filter(\.succeeded)
        let gross = collected.reduce(0) { $0 + $1.amount }
        let refunded = collected.reduce(0) { $0 + $1.amountRefunded }
        let disputed = collected.compactMap { account.disputes[$0.dispute] }.flatMap(\.balanceTransactions).reduce(0) { $0 - $1.amount }
        let running = account.subscriptions.all.filter { $0.currency == currency && [.active, .pastDue].contains($0.status) }
        let mrr = running.reduce(0) { sum, subscription in
            sum + subscription.items.reduce(0) { $0 + (account.prices[$1.price]?.unitAmount ?? 0) * $1.quantity }
        }
        return [
            ("revenue.gross", gross), ("revenue.refunded", refunded), ("revenue.disputed", disputed),
            ("revenue.net", gross - refunded - disputed), ("failures.count", charges.filter { $0.failure != nil }.count),
            ("subscriptions.mrr", mrr), ("subscriptions.active", running.filter { $0.status == .active }.count),
            ("subscriptions.past_due", running.filter { $0.status == .pastDue }.count),
            (
                "subscriptions.canceled_in_period",
                account.subscriptions.all.filter { $0.currency == currency && $0.status == .canceled }.count
            ),
            ("subscriptions.customers", Set(running.map(\.customer)).count),
            ("subscriptions.trialing", account.subscriptions.all.filter { $0.currency == currency && $0.status == .trialing }.count),
        ]
    }

    /// An analytics that hears all of it three times, the last message first, has the same figures.
    private static func inReverse(_ system: RunningSystem) async throws {
        let rows = try await system.database.observer.query(
            """
            SELECT routing_key, body FROM (
                SELECT 1 AS place, id, routing_key, body FROM refund.outbox UNION ALL SELECT 2, id, routing_key, body FROM checkout.outbox) AS said
            ORDER BY place, id DESC
            """)
        let said = try rows.map { row in Said(key: try row.get("routing_key"), body: try row.get("body")) }
        let other = try await TestDatabase.create()
        do {
            let outbox = Outbox(pool: try await other.pool(role: "analytics", with: analyticsSchema), service: .analytics)
            for part in stride(from: 0, to: said.count, by: 100) {
                let some = said[part..<min(part + 100, said.count)]
                for _ in 0..<3 { try await outbox.transaction { work in try await hear(some, in: work) } }
            }
            let figures: Query = """
                SELECT concat_ws(' ', currency, figure, day, part, count, amount) AS line FROM analytics.figures WHERE count <> 0 OR amount <> 0
                ORDER BY currency, figure, day, part
                """
            let lines = try await other.observer.query(figures).map { try $0.get("line", as: String.self) }
            let expected = try await system.database.observer.query(figures).map { try $0.get("line", as: String.self) }
            #expect(lines == expected && lines.count > 100)
        } catch {
            try? await other.drop()
            throw error
        }
        try await other.drop()
    }

    /// A number of the answer, as text.
    private static func text(_ json: Any, _ path: String) -> String { (found(json, path) as? NSNumber)?.stringValue ?? "0" }
}

/// A message as it stands in an outbox.
private struct Said: Sendable {
    let key: String
    let body: [UInt8]
}

/// Has analytics hear what of these is for it.
private func hear(_ said: ArraySlice<Said>, in work: UnitOfWork) async throws {
    try await hear(said, PaymentRecordedHandler(), in: work)
    try await hear(said, SubscriptionChangedHandler(), in: work)
    try await hear(said, PaymentAttemptFailedHandler(), in: work)
    try await hear(said, RefundChangedHandler(), in: work)
    try await hear(said, DisputeChangedHandler(), in: work)
}

private func hear<H: BatchHandler>(_ said: ArraySlice<Said>, _ handler: H, in work: UnitOfWork) async throws where H.Payload: FixedMessage {
    let heard = try said.filter { $0.key == H.Payload.key }.map { one in
        Heard(id: UUID().uuidString, message: try WireJSON.decode(CloudEvent<H.Payload>.self, from: one.body).data)
    }
    if !heard.isEmpty { try await handler.apply(heard, in: work) }
}

/// Lives of many customers at Stripe, the same for the same seed.
private struct ManyLives {
    let sandbox: Sandbox
    let euro: String
    var random = Seeded(seed: 24)

    private static let day = 86_400

    mutating func live(_ count: Int) async throws {
        for part in 0..<10 {
            for number in (part * count / 10)..<((part + 1) * count / 10) { try await signUp(number) }
            _ = await sandbox.advance(by: Self.day)
        }
        try await change()
        try await answer()
        _ = await sandbox.advance(by: 25 * Self.day)
        try await giveBack()
        _ = await sandbox.advance(by: 10 * Self.day)
        try await comeBack()
        _ = await sandbox.advance(by: 25 * Self.day)
    }

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    private mutating func signUp(_ number: Int) async throws {
        let price = chance(0.3) ? euro : chance(0.3) ? "price_premium" : "price_basic"
        let isTrial = chance(0.25)
        let card = number % 13 == 5 ? "4000000000000259" : isTrial && chance(0.5) ? "4000000000000341" : "4242424242424242"
        let user = "user_\(number)"
        try await sandbox.act { account throws(APIError) in
            let customer = account.makeCustomer(email: nil, metadata: ["user_id": user]).id
            _ = account.replaceCard(of: customer, with: try TestCard.find(card))
            try account.call(
                "POST", "/v1/subscriptions",
                "customer=\(customer)&items[0][price]=\(price)&metadata[user_id]=\(user)" + (isTrial ? "&trial_period_days=7" : ""))
        }
    }

    /// Other plans, ends now and at the end of the period.
    private mutating func change() async throws {
        for subscription in await sandbox.account.subscriptions.all where !subscription.hasEnded {
            let form: String
            if subscription.currency == "usd", chance(0.1), let item = subscription.items.first {
                form = "items[0][id]=\(item.id)&items[0][price]=\(item.price == "price_basic" ? "price_premium" : "price_basic")"
            } else if chance(0.08) {
                form = "cancel_at_period_end=true"
            } else if chance(0.04) {
                try await sandbox.act { account throws(APIError) in account.end(subscription: subscription.id) }
                continue
            } else {
                continue
            }
            try await sandbox.act { account throws(APIError) in try account.call("POST", "/v1/subscriptions/\(subscription.id)", form) }
        }
    }

    /// Refunds, whole and in part.
    private mutating func giveBack() async throws {
        for charge in await sandbox.account.charges.all where charge.succeeded && charge.dispute == nil && chance(0.06) {
            let amount = chance(0.5) ? "" : "&amount=300"
            try await sandbox.act { account throws(APIError) in try account.call("POST", "/v1/refunds", "charge=\(charge.id)\(amount)") }
        }
    }

    /// What banks are told in time.
    private mutating func answer() async throws {
        let open = await sandbox.account.disputes.all.filter { $0.status == .needsResponse }
        for (number, dispute) in open.enumerated() where number % 3 < 2 {
            let evidence = number.isMultiple(of: 3) ? "winning_evidence" : "losing_evidence"
            try await sandbox.act { account throws(APIError) in
                try account.call("POST", "/v1/disputes/\(dispute.id)", "evidence[uncategorized_text]=\(evidence)&submit=true")
            }
        }
    }

    /// Some of those who could not pay give another card.
    private mutating func comeBack() async throws {
        for subscription in await sandbox.account.subscriptions.all where subscription.status == .pastDue && chance(0.5) {
            let invoice = subscription.latestInvoice ?? ""
            try await sandbox.act { account throws(APIError) in
                _ = account.replaceCard(of: subscription.customer, with: try TestCard.find("4242424242424242"))
            }
            _ = await sandbox.pay(invoice: invoice, with: try TestCard.find("4242424242424242"))
        }
    }
}

extension RunningSystem {
    /// Waits until analytics has heard all that it was told.
    func isHeard() async throws {
        try await worksOff("what analytics was told") {
            let left = try await value(
                """
                SELECT count(*) FROM (SELECT message_id, routing_key FROM checkout.outbox UNION ALL SELECT message_id, routing_key FROM refund.outbox) AS said
                WHERE routing_key = ANY(\([PaymentRecorded.key, SubscriptionChanged.key, PaymentAttemptFailed.key, RefundChanged.key, DisputeChanged.key]))
                  AND NOT EXISTS (SELECT FROM analytics.inbox_heard AS heard WHERE heard.message_id = said.message_id AND status = 'done')
                """)
            return left == "0" ? nil : left
        }
    }
}
