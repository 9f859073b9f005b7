import Foundation
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import StripeSync

/// A subscription as stored.
struct SubscriptionRow: Sendable, Hashable {
    var facts: SubscriptionFacts
    var userID: UserID
    var plan: Plan?
    /// Stripe's time of what the row was last built from.
    var sourceTime: Date
    /// Whether Stripe has said that there is no such subscription.
    var isGone = false
    /// When it was last stored, by the database's clock.
    var storedAt: Date
}

extension SubscriptionRow {
    /// As others are told of it.
    func told(version: Int64, discount: SubscriptionChanged.Discount?) -> SubscriptionChanged {
        let items = facts.items ?? []
        let isEven = !items.isEmpty && items.allSatisfy { $0.interval == items[0].interval && $0.intervalCount == items[0].intervalCount }
        return SubscriptionChanged(
            subscriptionID: facts.id, version: version, userID: userID, planID: plan?.rawValue, status: facts.status.rawValue,
            amount: isEven ? facts.amount?.amount : nil, currency: facts.amount?.currency,
            interval: isEven ? items[0].interval : nil, intervalCount: isEven ? items[0].intervalCount : nil,
            quantity: items.first { $0.priceID == facts.priceID }?.quantity, discount: discount,
            currentPeriodStart: facts.currentPeriodStart,
            currentPeriodEnd: facts.currentPeriodEnd, cancelAtPeriodEnd: facts.isEndScheduled, cancelAt: facts.cancelAt,
            canceledAt: facts.canceledAt, endedAt: facts.endedAt, cancellationReason: facts.cancellationReason, trialEnd: facts.trialEnd,
            createdAt: facts.created, changedAt: sourceTime)
    }
}

/// The table `subscriptions`.
enum Subscriptions: SnapshotTable {
    static let table = "subscriptions"
    static let key = "stripe_subscription_id"
    private static let trail = AuditedTable(
        table, key: key, of: "subscription", hiding: ["version"], ignoring: ["source_time", "read_ticket", "looked_at"])

    static func id(of subscription: SubscriptionFacts) -> String { subscription.id.rawValue }

    /// Whose it is and what it was opened for was decided when it was first heard of, and is no part of the snapshot.
    static func says(_ row: Row, _ subscription: SubscriptionFacts) throws -> Bool {
        var known = try read(row).facts
        known.userID = subscription.userID
        known.openedFor = subscription.openedFor
        known.installation = subscription.installation
        return known == subscription
    }

    /// Stores a subscription as Stripe says it is. It stays whose it was, and of the plan that it was when its prices say nothing.
    ///
    /// `isOpenedHere` is that a page of ours led to it: such ones are marked while they run beside each other.
    static func store(
        _ facts: SubscriptionFacts, user: UserID, plan: Plan?, isOpenedHere: Bool, from source: SnapshotSource, in work: UnitOfWork
    ) async throws {
        let duplicate: Query = """
            (SELECT now() FROM subscriptions AS other
             WHERE \(isOpenedHere && (facts.status == .active || facts.status == .trialing)) AND other.user_id = \(user) AND other.stripe_subscription_id <> \(facts.id)
               AND \(query: runsHere("other")) LIMIT 1)
            """
        let rows = try await work.query(
            trail.change(
                "subscription.changed", of: "stripe_subscription_id = \(facts.id)",
                by: """
                    INSERT INTO subscriptions AS known (
                        stripe_subscription_id, user_id, stripe_customer_id, plan_id, price_id, other_price_ids, status,
                        current_period_start, current_period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, cancellation_reason, latest_invoice_id,
                        trial_end, items, discount_ids, pending_update_until, pause_behavior, pause_resumes_at, opened_here, duplicate_since,
                        stripe_created_at, source_time, read_ticket)
                    VALUES (\(facts.id), \(user), \(facts.customerID), \(plan), \(facts.priceID), \(facts.otherPriceIDs),
                            \(facts.status), \(facts.currentPeriodStart), \(facts.currentPeriodEnd), \(facts.cancelAtPeriodEnd), \(facts.cancelAt),
                            \(facts.canceledAt), \(facts.endedAt), \(facts.cancellationReason), \(facts.latestInvoiceID), \(facts.trialEnd),
                            \(try facts.items.map { try JSON(encoding: $0) }), \(facts.discountIDs), \(facts.pendingUpdateUntil),
                            \(facts.pauseCollection?.behavior), \(facts.pauseCollection?.resumesAt), \(isOpenedHere),
                            \(query: duplicate), \(facts.created), \(source.time), \(source.ticket))
                    ON CONFLICT (stripe_subscription_id) DO UPDATE
                    SET plan_id = coalesce(excluded.plan_id, known.plan_id), price_id = excluded.price_id,
                        other_price_ids = excluded.other_price_ids, status = excluded.status,
                        current_period_start = excluded.current_period_start, current_period_end = excluded.current_period_end,
                        cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at,
                        canceled_at = excluded.canceled_at, ended_at = excluded.ended_at,
                        cancellation_reason = excluded.cancellation_reason, latest_invoice_id = excluded.latest_invoice_id,
                        trial_end = excluded.trial_end, items = excluded.items, discount_ids = excluded.discount_ids,
                        pending_update_until = excluded.pending_update_until,
                        pause_behavior = excluded.pause_behavior, pause_resumes_at = excluded.pause_resumes_at,
                        opened_here = known.opened_here OR excluded.opened_here,
                        duplicate_since = CASE WHEN excluded.duplicate_since IS NOT NULL
                                               THEN coalesce(known.duplicate_since, excluded.duplicate_since) END,
                        source_time = excluded.source_time, read_ticket = excluded.read_ticket,
                        version = known.version + CASE WHEN \(query: isSame("known", "excluded")) THEN 0 ELSE 1 END, gone_at = NULL,
                        updated_at = now()
                    """, calling: "known", returning: "changed.*, \(query: isTold) AS is_told"))
        if let row = rows.first { try await tell(of: row, in: work) }
    }

    /// Tells others of a row that says something else than before.
    private static func tell(of row: Row, in work: UnitOfWork) async throws {
        guard try row.get("plan_id", as: Plan?.self) != nil, try !row.get("is_told", as: Bool.self) else { return }
        let stored = try read(row)
        let discount = try await Discounts.together(stored.facts.discountIDs, in: work)
        try work.publish(stored.told(version: try row.get("version"), discount: discount))
    }

    /// Whether what others are told of it is as it was before.
    private static var isTold: Query { "EXISTS (SELECT FROM known WHERE \(query: isSame("known", "changed")))" }

    /// Whether two rows tell others the same. A plan that is known is replaced by none that is not.
    private static func isSame(_ known: String, _ next: String) -> Query {
        let told = [
            "status", "items", "discount_ids", "current_period_start", "current_period_end", "cancel_at_period_end", "cancel_at",
            "canceled_at", "ended_at",
            "cancellation_reason", "trial_end",
        ]
        let columns = { (name: String) in told.map { "\(name).\($0)" }.joined(separator: ", ") }
        return Query(
            unsafe: """
                (\(known).plan_id, \(columns(known)))
                IS NOT DISTINCT FROM (coalesce(\(next).plan_id, \(known).plan_id), \(columns(next)))
                """)
    }

    /// That a subscription to a plan was opened here and runs paid for, or in its trial.
    private static func runsHere(_ name: String) -> Query {
        """
        \(unsafe: name).opened_here AND \(unsafe: name).gone_at IS NULL AND \(unsafe: name).plan_id IS NOT NULL
        AND \(unsafe: name).status IN ('active', 'trialing')
        """
    }

    /// Unpaid subscriptions of which nothing is open by what is known here, something was paid, and something was heard since the last look.
    static func settledUnpaid(limit: Int, in pool: PostgresPool) async throws -> [(SubscriptionID, UserID)] {
        try await pool.query(
            """
            SELECT stripe_subscription_id, user_id FROM subscriptions AS unpaid
            WHERE status = 'unpaid' AND gone_at IS NULL AND plan_id IS NOT NULL
              AND EXISTS (SELECT FROM invoices WHERE invoices.stripe_subscription_id = unpaid.stripe_subscription_id
                                                 AND invoices.status = 'paid' AND invoices.updated_at > coalesce(unpaid.looked_at, '-infinity'))
              AND NOT EXISTS (SELECT FROM invoices WHERE invoices.stripe_subscription_id = unpaid.stripe_subscription_id
                                                     AND invoices.status = 'open')
            LIMIT \(limit)
            """
        ).map { (try $0.get("stripe_subscription_id"), try $0.get("user_id")) }
    }

    /// Notes that an unpaid subscription was looked at.
    static func lookedAtUnpaid(_ id: SubscriptionID, in pool: PostgresPool) async throws {
        try await pool.query("UPDATE subscriptions SET looked_at = now() WHERE stripe_subscription_id = \(id)")
    }

    /// Users of whom several subscriptions that were opened here run at once.
    static func duplicated(limit: Int, in pool: PostgresPool) async throws -> [UserID] {
        try await pool.query("SELECT DISTINCT user_id FROM subscriptions WHERE duplicate_since IS NOT NULL LIMIT \(limit)").map {
            try $0.get("user_id")
        }
    }

    /// Looks no more at a user's subscriptions beside each other, until one of them is another than now.
    static func leaveDuplicates(of user: UserID, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "subscription.duplicate_left", of: "user_id = \(user) AND duplicate_since IS NOT NULL",
                by: "UPDATE subscriptions SET duplicate_since = NULL WHERE user_id = \(user) AND duplicate_since IS NOT NULL"))
    }

    /// A user's subscriptions that were opened here and run, the older before the newer.
    static func runningHere(of user: UserID, in pool: PostgresPool) async throws -> [SubscriptionRow] {
        try await pool.query(
            """
            SELECT * FROM subscriptions WHERE user_id = \(user) AND \(query: runsHere("subscriptions"))
            ORDER BY stripe_created_at, stripe_subscription_id
            """
        ).map(read)
    }

    /// The user's subscriptions to a plan, those first that have not ended and the newer before the older. Others do not count: a Stripe account
    /// sells other things too. A price that `plans` has learned of since is known by it.
    static func toPlans(of user: UserID, _ plans: PlanCatalogue, in database: some Querying) async throws -> [SubscriptionRow] {
        try await database.query("SELECT * FROM subscriptions WHERE user_id = \(user) ORDER BY \(query: newestFirst("subscriptions"))")
            .compactMap { try toPlan($0, plans) }
    }

    private static func newestFirst(_ name: String) -> Query {
        """
        \(unsafe: name).gone_at IS NOT NULL, \(unsafe: name).status IN ('canceled', 'incomplete_expired'),
        \(unsafe: name).stripe_created_at DESC, \(unsafe: name).stripe_subscription_id DESC
        """
    }

    /// A row, if it is to a plan.
    private static func toPlan(_ row: Row, _ plans: PlanCatalogue) throws -> SubscriptionRow? {
        var row = try read(row)
        row.plan = row.plan ?? plans.plan(of: row.facts)
        return row.plan == nil ? nil : row
    }

    /// A subscription with what a customer is shown beside it.
    struct Shown: Sendable {
        /// Without its items, which are not shown.
        var subscription: SubscriptionRow
        var access: AccessRow?
        var problem: SubscriptionAnswer.PaymentProblem?
    }

    /// Of each user the first of `toPlans`; nil where there is none.
    static func shown(of users: [UserID], _ plans: PlanCatalogue, in database: some Querying) async throws -> [Shown?] {
        let waiting = (SubscriptionStatus.waitingForMoney + [.incomplete]).map(\.rawValue)
        let invoice = Invoices.unpaid(of: "subscription.stripe_subscription_id", waits: "subscription.status = ANY(\(waiting))")
        let rows = try await database.query(
            """
            SELECT NULL::jsonb AS items, subscription.*, asked.number, access.wanted, access.entitled_until, access.decided_at,
                   invoice.stripe_invoice_id, invoice.attempt_count, invoice.next_payment_attempt, invoice.hosted_invoice_url,
                   attempt.failure_code, attempt.failure_message
            FROM unnest(\(users)) WITH ORDINALITY AS asked (user_id, number)
            JOIN subscriptions AS subscription ON subscription.user_id = asked.user_id
            LEFT JOIN access ON access.user_id = asked.user_id
            LEFT JOIN LATERAL (\(query: invoice)) AS invoice ON true
            LEFT JOIN LATERAL (\(query: PaymentAttempts.latest(of: "invoice.stripe_invoice_id"))) AS attempt ON true
            ORDER BY asked.number, \(query: newestFirst("subscription"))
            """)
        var shown = [Shown?](repeating: nil, count: users.count)
        for row in rows {
            let index = try Int(row.get("number", as: Int64.self)) - 1
            guard shown[index] == nil, let subscription = try toPlan(row, plans) else { continue }
            let isKnown = try row.get("decided_at", as: Date?.self) != nil
            shown[index] = Shown(
                subscription: subscription, access: isKnown ? try Access.read(row) : nil, problem: try problem(row))
        }
        return shown
    }

    private static func problem(_ row: Row) throws -> SubscriptionAnswer.PaymentProblem? {
        guard try row.get("stripe_invoice_id", as: String?.self) != nil else { return nil }
        return SubscriptionAnswer.PaymentProblem(
            attemptCount: try row.get("attempt_count"), nextAttemptAt: try row.get("next_payment_attempt"),
            failureCode: try row.get("failure_code"), failureMessage: try row.get("failure_message"),
            hostedInvoiceURL: try row.get("hosted_invoice_url"))
    }

    /// Notes that Stripe knows no such subscription any more. What it says of it later, if it ever does, is the truth again.
    static func markGone(_ subscription: SubscriptionID, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "subscription.gone", of: "stripe_subscription_id = \(subscription)",
                by: "UPDATE subscriptions SET gone_at = now() WHERE stripe_subscription_id = \(subscription) AND gone_at IS NULL"))
    }

    /// A subscription, which nobody changes until the transaction ends.
    static func lock(_ subscription: SubscriptionID, in work: UnitOfWork) async throws -> SubscriptionRow? {
        try await work.query("SELECT * FROM subscriptions WHERE stripe_subscription_id = \(subscription) FOR UPDATE").first.map(read)
    }

    /// Whose it is; nil while that, or the subscription, is not known.
    static func owner(of subscription: SubscriptionID, in pool: PostgresPool) async throws -> UserID? {
        try await pool.query("SELECT user_id FROM subscriptions WHERE stripe_subscription_id = \(subscription)").first?.get("user_id")
    }

    private static func read(_ row: Row) throws -> SubscriptionRow {
        SubscriptionRow(
            facts: SubscriptionFacts(
                id: try row.get("stripe_subscription_id"), customerID: try row.get("stripe_customer_id"),
                userID: try row.get("user_id"), status: try row.get("status"), priceID: try row.get("price_id"),
                otherPriceIDs: try row.get("other_price_ids"),
                currentPeriodStart: try row.get("current_period_start"), currentPeriodEnd: try row.get("current_period_end"),
                cancelAtPeriodEnd: try row.get("cancel_at_period_end"), cancelAt: try row.get("cancel_at"),
                canceledAt: try row.get("canceled_at"), endedAt: try row.get("ended_at"),
                cancellationReason: try row.get("cancellation_reason"),
                pauseCollection: try row.get("pause_behavior", as: String?.self).map {
                    PauseCollection(behavior: $0, resumesAt: try row.get("pause_resumes_at"))
                },
                items: try row.get("items", as: JSON?.self).map { try WireJSON.decode([SubscriptionItem].self, from: $0.bytes) },
                discountIDs: try row.get("discount_ids"), pendingUpdateUntil: try row.get("pending_update_until"),
                latestInvoiceID: try row.get("latest_invoice_id"),
                trialEnd: try row.get("trial_end"), created: try row.get("stripe_created_at")),
            userID: try row.get("user_id"), plan: try row.get("plan_id"), sourceTime: try row.get("source_time"),
            isGone: try row.get("gone_at", as: Date?.self) != nil, storedAt: try row.get("updated_at"))
    }
}
