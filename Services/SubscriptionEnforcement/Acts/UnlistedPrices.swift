import Messaging
import Models
import Postgres

/// Looks for running subscriptions whose prices no setting names, and says so until they are named again.
///
/// Such a subscription stops nobody: its plan is remembered. But the next one at that price would run no VM, and only the settings can say
/// that it should.
struct UnlistedPrices: Sendable {
    let outbox: Outbox
    let plans: PlanCatalogue
    let alerts: Alerts

    static let alert = Alert(
        "unlisted_price", remedy: "Name the price in STRIPE_PRICE_BASIC or STRIPE_PRICE_PREMIUM, behind the one that is sold, and restart.")

    func callAsFunction() async throws {
        let rows = try await outbox.pool.query(
            """
            SELECT price_ids[1] AS price, count(*) AS subscriptions FROM known_subscriptions
            WHERE NOT has_ended AND (plan_id IS NOT NULL OR entitled) AND price_ids <> '{}' AND NOT price_ids && \(plans.prices)
            GROUP BY 1
            """)
        var unlisted: Set<String> = []
        for row in rows {
            let price = try row.get("price", as: String.self)
            unlisted.insert(price)
            try await alerts.raise(
                Self.alert, about: price,
                """
                \(try row.get("subscriptions", as: Int64.self)) running subscriptions have this price, and no setting names it: name it in \
                STRIPE_PRICE_BASIC or STRIPE_PRICE_PREMIUM, after the price that is sold
                """)
        }
        for subject in try await alerts.raised(Self.alert) where !unlisted.contains(subject) {
            try await alerts.clear(Self.alert, about: subject)
        }
    }
}
