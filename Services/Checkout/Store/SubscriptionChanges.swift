import Foundation
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe

/// What a customer has ordered about a subscription, as stored.
struct SubscriptionChange: Sendable {
    /// What Stripe is asked for.
    enum Kind: String, Sendable, Hashable {
        case cancelAtPeriodEnd = "cancel_at_period_end"
        /// It ends now, and with it the collection of what is open.
        case cancelNow = "cancel_now"
        /// An end that is scheduled by Stripe's flag is taken back.
        case reactivate
        /// The same for one that is scheduled by its date alone, as Stripe's portal does.
        case clearCancelAt = "clear_cancel_at"
        case resume
        case changePlan = "change_plan"

        /// Which call of customers orders it.
        var call: String {
            switch self {
            case .cancelAtPeriodEnd, .cancelNow: "cancel-subscription"
            case .reactivate, .clearCancelAt, .resume: "reactivate-subscription"
            case .changePlan: "change-plan"
            }
        }
    }

    let id: String
    let userID: UserID
    let subscriptionID: SubscriptionID
    let order: Order
    /// asking, done, refused.
    let status: String
    let refusal: String?
    /// Where the customer confirms the payment that a change waits for.
    let confirmationURL: String?
    let key: String
    let keyMadeAt: Date
    let tries: Int32
    let createdAt: Date

    /// What is ordered.
    struct Order: Sendable, Hashable {
        var kind: Kind
        /// The customer's own words.
        var comment: String?
        /// What is changed to.
        var plan: Plan?
        var change: ItemChange?

        /// Whether whoever orders `other` is served by this one.
        func serves(_ other: Order) -> Bool { kind == other.kind && plan == other.plan && change?.price == other.change?.price }
    }

    var isOpen: Bool { status == "asking" }

    init(row: Row) throws {
        id = try row.get("id")
        userID = try row.get("user_id")
        subscriptionID = try row.get("stripe_subscription_id")
        var order = Order(kind: Kind(rawValue: try row.get("kind")) ?? .cancelAtPeriodEnd, comment: try row.get("comment"))
        if let item = try row.get("item_id", as: String?.self) {
            order.plan = try row.get("plan_id")
            order.change = ItemChange(item: item, price: try row.get("price_id"), prorationDate: try row.get("proration_date"))
        }
        self.order = order
        status = try row.get("status")
        refusal = try row.get("refusal")
        confirmationURL = try row.get("confirmation_url")
        key = try row.get("idempotency_key")
        keyMadeAt = try row.get("key_made_at")
        tries = try row.get("tries")
        createdAt = try row.get("created_at")
    }
}

/// The table `subscription_changes`: an order is a row before it is a request. Of each subscription one is under way at a time.
enum SubscriptionChanges {
    private static let trail = AuditedTable(
        "subscription_changes", key: "id", of: "subscription", named: "changed.stripe_subscription_id",
        hiding: ["comment", "idempotency_key", "confirmation_url"], ignoring: ["next_try_at"])

    /// The order that is under way; nil where there is none.
    static func open(of subscription: SubscriptionID, in work: UnitOfWork) async throws -> SubscriptionChange? {
        try await work.query(
            "SELECT * FROM subscription_changes WHERE stripe_subscription_id = \(subscription) AND status = 'asking'"
        ).first.map(SubscriptionChange.init(row:))
    }

    /// Keeps an order that was given at `time` by Stripe's clock. The caller has locked the subscription, and none is under way.
    static func begin(
        _ order: SubscriptionChange.Order, of subscription: SubscriptionID, user: UserID, at time: Date, in work: UnitOfWork
    ) async throws -> SubscriptionChange {
        let id = UUID().uuidString.lowercased()
        let rows = try await work.query(
            trail.change(
                "subscription.\(order.kind.rawValue)_ordered", of: nil,
                by: """
                    INSERT INTO subscription_changes (id, user_id, stripe_subscription_id, kind, comment, plan_id, item_id, price_id, proration_date,
                                                      idempotency_key, created_at, key_made_at, next_try_at)
                    VALUES (\(id), \(user), \(subscription), \(order.kind.rawValue), \(order.comment), \(order.plan), \(order.change?.item),
                            \(order.change?.price), \(order.change?.prorationDate), \("change-\(id)"), \(time), \(time), now() + interval '30 seconds')
                    """, personal: order.comment.map { ["comment": $0] } ?? [:]))
        return try SubscriptionChange(row: rows[0])
    }

    static func find(_ id: String, in pool: PostgresPool) async throws -> SubscriptionChange? {
        try await pool.query("SELECT * FROM subscription_changes WHERE id = \(id)").first.map(SubscriptionChange.init(row:))
    }

    /// The newest change of plan of a subscription, whatever became of it.
    static func newestOfPlan(of subscription: SubscriptionID, in work: UnitOfWork) async throws -> SubscriptionChange? {
        try await work.query(
            """
            SELECT * FROM subscription_changes WHERE stripe_subscription_id = \(subscription) AND kind = 'change_plan'
            ORDER BY created_at DESC LIMIT 1
            """
        ).first.map(SubscriptionChange.init(row:))
    }

    /// Ends an order that Stripe has carried out; where its payment has to be confirmed, at `confirmationURL`.
    static func done(_ change: SubscriptionChange, confirmationURL: String?, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "subscription.\(change.order.kind.rawValue)_done", of: "id = \(change.id)",
                by: """
                    UPDATE subscription_changes
                    SET status = 'done', confirmation_url = \(confirmationURL), next_try_at = NULL, last_error = NULL, updated_at = now()
                    WHERE id = \(change.id) AND status = 'asking'
                    """))
    }

    /// Ends an order that Stripe has refused, by the name of the rule.
    static func refused(_ change: SubscriptionChange, _ rule: String, because error: String, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "subscription.\(change.order.kind.rawValue)_refused", of: "id = \(change.id)",
                by: """
                    UPDATE subscription_changes
                    SET status = 'refused', refusal = \(rule), next_try_at = NULL, last_error = \(error), updated_at = now()
                    WHERE id = \(change.id) AND status = 'asking'
                    """))
    }

    /// Notes that nobody knows what became of an order, and when it is asked for again; under another key, made at that time by Stripe's clock,
    /// where that one is of no more use.
    static func keepOpen(
        _ change: SubscriptionChange, because error: String, newKeyAt time: Date?, after delay: Duration, in pool: PostgresPool
    ) async throws {
        let key = time == nil ? change.key : "change-\(change.id)-\(UUID().uuidString.prefix(8).lowercased())"
        try await pool.query(
            trail.change(
                "subscription.\(change.order.kind.rawValue)_tried", of: "id = \(change.id)",
                by: """
                    UPDATE subscription_changes
                    SET tries = tries + 1, last_error = \(error), idempotency_key = \(key),
                        key_made_at = coalesce(\(time), key_made_at),
                        next_try_at = now() + make_interval(secs => \(delay / .seconds(1))), updated_at = now()
                    WHERE id = \(change.id) AND idempotency_key = \(change.key) AND status = 'asking'
                    """))
    }

    /// Orders whose turn it is, for the janitor, who has a minute for them.
    static func claimDue(limit: Int, in pool: PostgresPool) async throws -> [SubscriptionChange] {
        try await pool.query(
            """
            UPDATE subscription_changes SET next_try_at = now() + interval '1 minute'
            WHERE id IN (SELECT id FROM subscription_changes WHERE status = 'asking' AND next_try_at <= now()
                         ORDER BY next_try_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING *
            """
        ).map(SubscriptionChange.init(row:))
    }
}
