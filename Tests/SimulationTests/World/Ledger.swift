import Postgres

/// What checkout and refund have written, beside what was really paid and given back.
struct Ledger {
    /// A payment of checkout's, and what refund makes of it.
    private struct Payment {
        var id: String
        var intent: String?
        var status: String
        var amount: Int64
        var refunded: Int64

        var isCollected: Bool { status == "succeeded" || status == "refunded" }
    }

    private var payments: [Payment] = []
    private var refunds: [(name: String, stripe: String?, payment: String?, amount: Int64, status: String)] = []
    private var subscriptions: [String: String] = [:]
    private var invoices: [String: String] = [:]
    /// The payments of which somebody was told, by the rule's name.
    private var told: [String: Set<String>] = [:]
    /// Whether all that was to happen has happened.
    private let isAtEnd: Bool
    /// What is wrong in the tables themselves.
    private(set) var wrongs: [String] = []

    /// What stands in the tables; at the end also what must not stand there.
    init(_ pool: PostgresPool, isAtEnd: Bool = true) async throws {
        self.isAtEnd = isAtEnd
        let read: Query = """
            SELECT id, stripe_payment_intent_id AS intent, status, amount, amount_refunded FROM checkout.payments ORDER BY seq
            """
        payments = try await pool.query(read).map {
            Payment(
                id: try $0.get("id"), intent: try $0.get("intent"), status: try $0.get("status"), amount: try $0.get("amount"),
                refunded: try $0.get("amount_refunded"))
        }
        refunds = try await pool.query(
            "SELECT id, stripe_refund_id, payment_id, amount, status FROM refund.refunds ORDER BY created_at, id"
        )
        .map {
            (
                try $0.get("id"), try $0.get("stripe_refund_id"), try $0.get("payment_id"), try $0.get("amount"),
                try $0.get("status")
            )
        }
        for row in try await pool.query("SELECT stripe_subscription_id AS id, status FROM checkout.subscriptions") {
            subscriptions[try row.get("id")] = try row.get("status", as: String.self)
        }
        for row in try await pool.query("SELECT stripe_invoice_id AS id, status FROM checkout.invoices WHERE status IS NOT NULL") {
            invoices[try row.get("id")] = try row.get("status", as: String.self)
        }
        for row in try await pool.query("SELECT code, subject FROM checkout.alerts UNION ALL SELECT code, subject FROM refund.alerts") {
            told[try row.get("code"), default: []].insert(try row.get("subject"))
        }
        for (what, query) in isAtEnd ? Self.rules : [] {
            for row in try await pool.query(query).prefix(3) { wrongs.append("\(what): \(try row.get("about", as: String.self))") }
        }
    }

    private static let rules: [(String, Query)] =
        ["checkout", "refund"].flatMap { service -> [(String, Query)] in
            [
                (
                    "a message of \(service) is not done",
                    """
                    SELECT message_id || ' ' || status || ' ' || coalesce(last_error, '') AS about FROM \(unsafe: service).inbox
                    WHERE status <> 'done'
                    """
                ),
                (
                    "an event took effect twice in \(service)",
                    """
                    SELECT event AS about FROM (
                        SELECT convert_from(body, 'UTF8')::jsonb -> 'data' AS data FROM \(unsafe: service).outbox
                        WHERE routing_key = 'event.handled.v1') AS said, LATERAL (SELECT data ->> 'stripe_event_id' AS event) AS named
                    WHERE data ->> 'outcome' = 'handled' GROUP BY event HAVING count(*) > 1
                    """
                ),
            ]
        } + [
            (
                "more is given back than was captured",
                "SELECT payment_id AS about FROM refund.refundable_payments WHERE reserved + elsewhere > amount"
            ),
            (
                "nobody knows what became of a refund",
                "SELECT id || ' ' || status || ' ' || coalesce(last_error, '') AS about FROM refund.refunds WHERE status IN ('reserved', 'unknown')"
            ),
            (
                "a subscription paid for beside another has not ended",
                "SELECT stripe_subscription_id AS about FROM checkout.subscription_ends WHERE ended_at IS NULL"
            ),
        ]

    /// What is wrong with the money of one life.
    func wrongs(of life: Life, startedAt starts: [Int64]) -> [String] {
        let books = life.books
        return collections(books) + givenBack(books) + states(books) + orphans(books, starts)
            + books.intents.compactMap { intent in
                let rows = payments.filter { $0.intent == intent.id }
                return rows.count > 1 ? "PAYMENTS: \(intent.id) has \(rows.count)" : nil
            }
    }

    /// One payment for each collection, of what was collected, with what was given back of it.
    private func collections(_ books: Books) -> [String] {
        books.intents.flatMap { intent -> [String] in
            let charge = intent.charge.map { books.charges[$0] }
            let row = payments.first { $0.intent == intent.id }
            guard let charge, charge.status == "succeeded" else {
                return row?.isCollected == true ? ["PAYMENT: \(intent.id) was not collected, and is \(row?.status ?? "")"] : []
            }
            guard let row else { return ["PAYMENT: of \(intent.id) nobody knows"] }
            var wrongs: [String] = []
            let status = charge.refunded == charge.amount ? "refunded" : "succeeded"
            if row.status != status { wrongs.append("PAYMENT: \(intent.id) is \(status), and here \(row.status)") }
            if row.amount != Int64(charge.amount) {
                wrongs.append("PAYMENT: \(intent.id) is of \(charge.amount), and here of \(row.amount)")
            }
            if row.refunded != Int64(charge.refunded) {
                wrongs.append("PAYMENT: of \(intent.id) \(charge.refunded) is given back, and here \(row.refunded)")
            }
            return wrongs
        }
    }

    /// Each refund once, on both sides.
    private func givenBack(_ books: Books) -> [String] {
        books.refunds.flatMap { refund -> [String] in
            var wrongs: [String] = []
            if let name = refund.name, books.refunds.count(where: { $0.name == name }) > 1 {
                wrongs.append("REFUND: \(name) was made twice")
            }
            let rows = refunds.filter { $0.stripe == refund.id }
            if rows.count != 1 { wrongs.append("REFUND: \(refund.id) is here \(rows.count) times") }
            if let row = rows.first {
                if row.status != refund.status { wrongs.append("REFUND: \(refund.id) is \(refund.status), and here \(row.status)") }
                if row.amount != Int64(refund.amount) {
                    wrongs.append("REFUND: \(refund.id) is of \(refund.amount), and here of \(row.amount)")
                }
                if row.payment == nil { wrongs.append("REFUND: of \(refund.id) nobody knows the payment") }
            }
            return wrongs
        }
    }

    /// Subscriptions and invoices are what they are at Stripe. Of those that may yet be paid Stripe's events that are listened to do not tell: the
    /// lists do.
    private func states(_ books: Books) -> [String] {
        let pairs =
            books.subscriptions.map { ($0.id, $0.status.rawValue, subscriptions[$0.id]) }
            + books.invoices.filter { isAtEnd || ![.draft, .open].contains($0.status) }.map { ($0.id, $0.status.rawValue, invoices[$0.id]) }
        return pairs.compactMap { id, status, here in
            here == status ? nil : "STATE: \(id) is \(status), and here \(here ?? "not known")"
        }
    }

    /// Money that came when its subscription had ended is given back, or was put before somebody, or its customer was set up anew.
    private func orphans(_ books: Books, _ starts: [Int64]) -> [String] {
        books.charges.compactMap { charge in
            guard charge.status == "succeeded", charge.refunded == 0,
                !books.disputes.contains(where: { books.charges[$0.charge].id == charge.id })
            else { return nil }
            let invoice = books.invoices[books.intents[charge.intent].invoice]
            guard let paid = charge.paidAt, let subscription = invoice.subscription.map({ books.subscriptions[$0] }),
                subscription.price.isPlan,
                let ended = subscription.endedAt, ended < paid, !starts.contains(where: { $0 > Int64(paid) * 1_000_000 })
            else { return nil }
            let row = payments.first { $0.intent == books.intents[charge.intent].id }
            return told["orphan_money"]?.contains(row?.id ?? "") == true ? nil : "ORPHAN: of \(charge.id) nobody was told"
        }
    }
}
