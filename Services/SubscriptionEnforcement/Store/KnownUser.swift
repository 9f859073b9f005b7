import Foundation
import Models
import Postgres

/// What a subscription was known to be before a look.
struct KnownSubscription: Sendable, Hashable {
    var plan: Plan?
    /// Whether it let a VM run before plans were looked at.
    var entitled = false
    /// Why its end was asked for, where it was.
    var endRequested: EndReason?
    /// What its items cost and whether it had ended, when it was last looked at.
    var prices: [PriceID] = []
    var hasEnded = false

    /// Whether this says of it what is known already.
    func agrees(with reading: SubscriptionReading) -> Bool {
        (reading.plan == nil || reading.plan == plan) && reading.subscription.prices == prices
            && reading.subscription.status.isEnded == hasEnded
    }
}

/// All that is known of a user when a look begins.
struct KnownUser: Sendable {
    var customers: [CustomerID] = []
    var subscriptions: [SubscriptionID: KnownSubscription] = [:]
    /// The newest hint that the look will have taken into account; 0 when there is none.
    var newestHint: Int64 = 0
    /// The charges that hints are about: refunded or disputed, as was heard.
    var charges: [ChargeID] = []

    static func read(_ user: UserID, in pool: PostgresPool) async throws -> KnownUser {
        let read: Query = """
            SELECT customers.stripe_customer_id, known.stripe_subscription_id, known.plan_id, known.entitled, known.price_ids,
                   known.has_ended, end_requests.reason, heard.newest, heard.charges
            FROM customers LEFT JOIN known_subscriptions AS known USING (stripe_customer_id)
            LEFT JOIN end_requests USING (stripe_subscription_id),
            (SELECT coalesce(max(seq), 0) AS newest,
                    coalesce(array_agg(DISTINCT stripe_charge_id) FILTER (WHERE stripe_charge_id IS NOT NULL), '{}') AS charges
             FROM hints JOIN customers USING (stripe_customer_id) WHERE user_id = \(user)) AS heard
            WHERE user_id = \(user) ORDER BY 1, 2
            """
        let rows = try await pool.query(read)
        var known = KnownUser()
        for row in rows {
            let customer = try row.get("stripe_customer_id", as: CustomerID.self)
            if known.customers.last != customer { known.customers.append(customer) }
            known.newestHint = try row.get("newest")
            known.charges = try row.get("charges")
            guard let id = try row.get("stripe_subscription_id", as: SubscriptionID?.self) else { continue }
            known.subscriptions[id] = KnownSubscription(
                plan: try row.get("plan_id"), entitled: try row.get("entitled"), endRequested: try row.get("reason"),
                prices: try row.get("price_ids"), hasEnded: try row.get("has_ended"))
        }
        return known
    }
}

extension EndReason: PostgresDecodable, PostgresEncodable {}
