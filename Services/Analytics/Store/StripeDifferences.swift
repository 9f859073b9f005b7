import Foundation
import Messages
import Messaging
import Models
import Postgres

/// The table `stripe_differences`: where our totals are others than Stripe's.
enum StripeDifferences {
    /// One of them, as it is shown.
    struct Difference: Sendable, Encodable {
        let service: String
        let scope: String
        let currency: String
        let status: String
        let stripeCount: Int64
        let stripeAmount: Int64
        let ourCount: Int64
        let ourAmount: Int64
        /// How many passes in a row have found it; after one it may be on its way yet.
        let passes: Int32
        let since: Date
        let asOf: Date
    }

    static func all(in pool: PostgresPool) async throws -> [Difference] {
        try await pool.query("SELECT * FROM stripe_differences ORDER BY service, scope, currency, status").map { row in
            Difference(
                service: try row.get("service"), scope: try row.get("scope"), currency: try row.get("currency"),
                status: try row.get("status"),
                stripeCount: try row.get("stripe_count"), stripeAmount: try row.get("stripe_amount"), ourCount: try row.get("our_count"),
                ourAmount: try row.get("our_amount"), passes: try row.get("passes"), since: try row.get("since"), asOf: try row.get("as_of")
            )
        }
    }

    /// Compares what a pass has found with what is kept here of the same; how many differences were found by this pass and the one before it.
    static func compare(_ pass: ReconciliationFinished, in work: UnitOfWork) async throws -> Int? {
        guard let ours = ours(of: pass) else { return nil }
        let totals = pass.totals.filter { $0.isOurs && $0.hasPlan != false && (pass.scope != "invoices" || $0.status == "paid") }
        // Invoices of nothing are no payments: of invoices the money is compared.
        let isCounted = pass.scope != "invoices"
        let found: Query = """
            SELECT currency, status, coalesce(stripe.count, 0) AS stripe_count, coalesce(stripe.amount, 0) AS stripe_amount,
                   coalesce(own.count, 0) AS our_count, coalesce(own.amount, 0) AS our_amount
            FROM (SELECT currency, status, sum(count)::bigint AS count, sum(amount)::bigint AS amount
                  FROM unnest(\(totals.map(\.currency)), \(totals.map(\.status)), \(totals.map(\.count)), \(totals.map(\.amount)))
                       AS told (currency, status, count, amount) GROUP BY 1, 2) AS stripe
            FULL JOIN (\(query: ours)) AS own USING (currency, status)
            WHERE coalesce(stripe.amount, 0) <> coalesce(own.amount, 0)
               OR (\(isCounted) AND coalesce(stripe.count, 0) <> coalesce(own.count, 0))
            """
        let rows = try await work.query(
            """
            WITH found AS MATERIALIZED (\(query: found)),
            gone AS (
                DELETE FROM stripe_differences AS known WHERE service = \(pass.service) AND scope = \(pass.scope)
                  AND NOT EXISTS (SELECT FROM found WHERE (found.currency, found.status) = (known.currency, known.status)))
            INSERT INTO stripe_differences AS known (service, scope, currency, status, stripe_count, stripe_amount, our_count, our_amount,
                                                     since, as_of)
            SELECT \(pass.service), \(pass.scope), currency, status, stripe_count, stripe_amount, our_count, our_amount,
                   \(pass.asOf), \(pass.asOf) FROM found
            ON CONFLICT (service, scope, currency, status) DO UPDATE
            SET stripe_count = excluded.stripe_count, stripe_amount = excluded.stripe_amount, our_count = excluded.our_count,
                our_amount = excluded.our_amount, passes = known.passes + 1, as_of = excluded.as_of
            RETURNING passes
            """)
        return try rows.count { try $0.get("passes", as: Int32.self) > 1 }
    }

    /// What is kept here of what a list has; nil for lists of which nothing is.
    private static func ours(of pass: ReconciliationFinished) -> Query? {
        switch (pass.service, pass.scope) {
        case (.refund, "refunds"):
            """
            SELECT currency, status, count(*) AS count, sum(amount)::bigint AS amount FROM refunds
            WHERE refunded_at <= \(pass.asOf) AND status <> 'unknown' GROUP BY 1, 2
            """
        case (.refund, "disputes"):
            """
            SELECT currency, status, count(*) AS count, sum(amount)::bigint AS amount FROM disputes WHERE disputed_at <= \(pass.asOf) GROUP BY 1, 2
            """
        case (.checkout, "subscriptions"):
            """
            SELECT coalesce(currency, 'none') AS currency, status, count(*) AS count, sum(coalesce(amount, 0))::bigint AS amount
            FROM subscriptions WHERE stripe_created_at <= \(pass.asOf) AND plan_id IS NOT NULL GROUP BY 1, 2
            """
        case (.checkout, "invoices"):
            """
            SELECT currency, 'paid' AS status, count(*) AS count, sum(amount)::bigint AS amount FROM payments
            WHERE merged_into IS NULL AND stripe_invoice_id IS NOT NULL AND status IN ('succeeded', 'refunded') AND dated_at <= \(pass.asOf)
            GROUP BY 1
            """
        default: nil
        }
    }
}
