import Foundation
import Messaging
import Models
import Postgres

/// A session that we opened or are about to open.
struct SessionRow: Sendable, Hashable {
    var id: Int64
    var plan: Plan
    var sessionID: CheckoutSessionID?
    var idempotencyKey: String
    var customerID: CustomerID
    var priceID: PriceID
    var successURL: String
    var cancelURL: String
    var url: String?
    var expiresAt: Date?
    /// When its key was made, by Stripe's clock.
    var createdAt: Date
    /// Whether its customer is gone at Stripe.
    var isForNobody = false
}

/// A session that was paid for and whose subscription is not in the tables yet.
struct AwaitedSubscription: Sendable, Hashable {
    var sessionID: CheckoutSessionID
    /// Nil where nobody has said which subscription came of it.
    var subscriptionID: SubscriptionID?
}

/// A session that led to a payment.
struct LeadingSession: Sendable, Hashable {
    var sessionID: CheckoutSessionID
    var paymentIntentID: PaymentIntentID?
    var invoiceID: InvoiceID?
    var userID: UserID?
    var customerID: CustomerID?
    var subscriptionID: SubscriptionID?
    var plan: Plan?
}

/// The table `checkout_sessions`.
enum CheckoutSessions {
    private static let trail = AuditedTable(
        "checkout_sessions", key: "id", of: "checkout_session", named: "coalesce(changed.stripe_checkout_session_id, changed.id::text)",
        hiding: ["url", "success_url", "cancel_url"])

    /// The one session of ours for this user that is being made or is open.
    static func current(of user: UserID, in pool: PostgresPool) async throws -> SessionRow? {
        try await pool.query(
            """
            SELECT *, EXISTS (SELECT FROM customers WHERE customers.stripe_customer_id = session.stripe_customer_id
                                                     AND customers.deleted_at IS NOT NULL) AS is_for_nobody
            FROM checkout_sessions AS session
            WHERE user_id = \(user) AND status IN ('creating', 'open') AND idempotency_key IS NOT NULL
            """
        ).first.map(read)
    }

    /// The user's sessions that have been paid for before their subscription was heard of.
    static func awaitingSubscription(of user: UserID, in pool: PostgresPool) async throws -> [AwaitedSubscription] {
        try await pool.query(
            """
            SELECT stripe_checkout_session_id, stripe_subscription_id FROM checkout_sessions AS session
            WHERE user_id = \(user) AND status = 'complete' AND mode = 'subscription' AND NOT EXISTS (
                SELECT 1 FROM subscriptions WHERE subscriptions.stripe_subscription_id = session.stripe_subscription_id)
            """
        ).map {
            AwaitedSubscription(sessionID: try $0.get("stripe_checkout_session_id"), subscriptionID: try $0.get("stripe_subscription_id"))
        }
    }

    /// Commits the intention to open a session; false when the user has one already.
    static func begin(_ row: SessionRow, user: UserID, in pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            trail.change(
                "checkout_session.begun", of: nil,
                by: """
                    INSERT INTO checkout_sessions (user_id, plan_id, status, idempotency_key, stripe_customer_id, price_id, success_url, cancel_url,
                                                   created_at)
                    VALUES (\(user), \(row.plan), 'creating', \(row.idempotencyKey), \(row.customerID), \(row.priceID), \(row.successURL),
                            \(row.cancelURL), \(row.createdAt))
                    ON CONFLICT (user_id) WHERE status IN ('creating', 'open') AND idempotency_key IS NOT NULL DO NOTHING
                    """)
        ).affectedRows == 1
    }

    /// Notes what Stripe made of the intention.
    static func opened(_ row: SessionRow, as session: CheckoutSessionFacts, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "checkout_session.opened", of: "id = \(row.id)",
                by: """
                    UPDATE checkout_sessions
                    SET status = 'open', stripe_checkout_session_id = \(session.id), url = \(session.url), expires_at = \(session.expiresAt),
                        updated_at = now()
                    WHERE id = \(row.id) AND status = 'creating'
                    """))
    }

    /// Takes another key in place of one that is of no more use; the first who asks makes it for all.
    static func replaceKey(of row: SessionRow, at time: Date, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "checkout_session.begun_anew", of: "id = \(row.id)",
                by: """
                    UPDATE checkout_sessions SET idempotency_key = 'session-' || gen_random_uuid(), created_at = \(time), updated_at = now()
                    WHERE id = \(row.id) AND idempotency_key = \(row.idempotencyKey) AND status = 'creating'
                    """))
    }

    /// Gives up an intention that Stripe has refused for good.
    static func abandon(_ row: SessionRow, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.removal("checkout_session.abandoned", by: "DELETE FROM checkout_sessions WHERE id = \(row.id) AND status = 'creating'"))
    }

    /// Notes that nobody can pay on a session any more; one that has completed stays so.
    static func close(_ row: SessionRow, in pool: PostgresPool) async throws {
        try await pool.query(
            trail.change(
                "checkout_session.closed", of: "id = \(row.id)",
                by: "UPDATE checkout_sessions SET status = 'expired', updated_at = now() WHERE id = \(row.id) AND status = 'open'"))
    }

    /// Who a session was opened for; nil when it is not known.
    static func owner(of session: CheckoutSessionID, in pool: PostgresPool) async throws -> UserID? {
        try await pool.query("SELECT user_id FROM checkout_sessions WHERE stripe_checkout_session_id = \(session)").first?.get("user_id")
    }

    /// The user of the session that leads to an intent of a guest, who has no customer at Stripe; nil while there is none. Whoever sets something
    /// aside for want of one has locked the intent.
    static func payer(of intent: PaymentIntentID, in database: some Querying) async throws -> UserID? {
        try await database.query(
            """
            SELECT user_id FROM checkout_sessions WHERE stripe_payment_intent_id = \(intent) AND user_id IS NOT NULL ORDER BY id LIMIT 1
            """
        ).first?.get("user_id")
    }

    /// Brings what Stripe says of a session into the table. A session only moves forward: open, then complete or expired; a status that
    /// nobody knows yet is kept as it is.
    static func record(_ facts: CheckoutSessionFacts, user: UserID?, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "checkout_session.changed", of: "stripe_checkout_session_id = \(facts.id)",
                by: """
                    INSERT INTO checkout_sessions AS known (
                        user_id, plan_id, status, mode, payment_status, stripe_checkout_session_id, stripe_customer_id,
                        stripe_subscription_id, stripe_payment_intent_id, stripe_invoice_id, url, expires_at)
                    VALUES (\(user), \(facts.plan), coalesce(\(facts.status), 'open'), \(facts.mode), \(facts.paymentStatus), \(facts.id),
                            \(facts.customerID), \(facts.subscriptionID), \(facts.paymentIntentID), \(facts.invoiceID), \(facts.url),
                            \(facts.expiresAt))
                    ON CONFLICT (stripe_checkout_session_id) DO UPDATE
                    SET status = CASE WHEN known.status IN ('complete', 'expired') THEN known.status
                                      ELSE coalesce(\(facts.status), known.status) END,
                        payment_status = CASE WHEN known.payment_status IN ('paid', 'no_payment_required') THEN known.payment_status
                                              WHEN known.payment_status = 'failed' AND excluded.payment_status = 'unpaid' THEN 'failed'
                                              ELSE coalesce(excluded.payment_status, known.payment_status) END,
                        user_id = coalesce(known.user_id, excluded.user_id),
                        stripe_customer_id = coalesce(known.stripe_customer_id, excluded.stripe_customer_id),
                        stripe_subscription_id = coalesce(known.stripe_subscription_id, excluded.stripe_subscription_id),
                        stripe_payment_intent_id = coalesce(known.stripe_payment_intent_id, excluded.stripe_payment_intent_id),
                        stripe_invoice_id = coalesce(known.stripe_invoice_id, excluded.stripe_invoice_id),
                        updated_at = now()
                    """, calling: "known"))
    }

    /// Those that led to what `condition` says, oldest first.
    static func leading(_ condition: Query) -> Query {
        """
        SELECT stripe_checkout_session_id, stripe_payment_intent_id, stripe_invoice_id, user_id, stripe_customer_id, stripe_subscription_id, plan_id
        FROM checkout_sessions WHERE \(query: condition) ORDER BY id
        """
    }

    /// A row of `leading`.
    static func leader(_ row: Row) throws -> LeadingSession {
        LeadingSession(
            sessionID: try row.get("stripe_checkout_session_id"), paymentIntentID: try row.get("stripe_payment_intent_id"),
            invoiceID: try row.get("stripe_invoice_id"), userID: try row.get("user_id"), customerID: try row.get("stripe_customer_id"),
            subscriptionID: try row.get("stripe_subscription_id"), plan: try row.get("plan_id"))
    }

    /// Whether the payment on a session, which took days, did not come.
    static func hasFailed(_ session: CheckoutSessionID, in pool: PostgresPool) async throws -> Bool {
        try await !pool.query(
            "SELECT FROM checkout_sessions WHERE stripe_checkout_session_id = \(session) AND payment_status = 'failed'"
        ).isEmpty
    }

    private static func read(_ row: Row) throws -> SessionRow {
        SessionRow(
            id: try row.get("id"), plan: try row.get("plan_id"), sessionID: try row.get("stripe_checkout_session_id"),
            idempotencyKey: try row.get("idempotency_key"), customerID: try row.get("stripe_customer_id"),
            priceID: try row.get("price_id"), successURL: try row.get("success_url"), cancelURL: try row.get("cancel_url"),
            url: try row.get("url"), expiresAt: try row.get("expires_at"), createdAt: try row.get("created_at"),
            isForNobody: try row.get("is_for_nobody"))
    }
}
