import Foundation
import Messages
import Messaging
import Models
import Postgres

/// What a refund or a dispute names as taken: its charge, and the intent that the charge belongs to, where there is one.
struct CollectedBy: Sendable, Hashable {
    var intent: PaymentIntentID?
    var charge: ChargeID?
}

/// A payment, as far as refunds need it.
struct RefundablePayment: Sendable, Hashable {
    let id: PaymentID
    let userID: UserID?
    let collectedBy: CollectedBy
    /// Minor units captured.
    let amount: Int64
    let currency: String
    let status: String
    let paidAt: Date
    let subscriptionID: SubscriptionID?
    /// Minor units of our refunds that have not failed, and of those made elsewhere.
    let reserved: Int64
    let elsewhere: Int64
    let refundsVersion: Int64

    /// Minor units that can still be given back.
    var rest: Int64 { max(0, amount - reserved - elsewhere) }
    /// Minor units given back beyond what was captured, as far as is known here.
    var excess: Int64 { max(0, reserved + elsewhere - amount) }

    init(row: Row) throws {
        id = try row.get("payment_id")
        userID = try row.get("user_id")
        collectedBy = CollectedBy(intent: try row.get("stripe_payment_intent_id"), charge: try row.get("stripe_charge_id"))
        amount = try row.get("amount")
        currency = try row.get("currency")
        status = try row.get("status")
        paidAt = try row.get("paid_at")
        subscriptionID = try row.get("stripe_subscription_id")
        reserved = try row.get("reserved")
        elsewhere = try row.get("elsewhere")
        refundsVersion = try row.get("refunds_version")
    }

    /// Throws the rule that keeps so much from being given back: of the money itself, not of who asks and when.
    func check(_ amount: Int64?, isDisputed: Bool) throws(RefundRefusal) {
        let isCollected = status == PaymentStatus.succeeded.rawValue || status == PaymentStatus.refunded.rawValue
        guard isCollected, collectedBy != CollectedBy() else { throw .notCollected }
        guard !isDisputed else { throw .disputed }
        guard rest > 0 else { throw .alreadyRefunded }
        guard amount ?? rest <= rest else { throw .exceedsRefundable(rest: rest, currency: currency) }
    }
}

/// The table `refundable_payments`: refund's projection of checkout's payments.
enum RefundablePayments {
    private static let trail = AuditedTable(
        "refundable_payments", key: "payment_id", of: "payment", hiding: ["version", "refunds_version"])

    /// Keeps others from recording anything about this collection until the transaction ends: else a refund and its payment, recorded at the
    /// same time, would not see each other and never be joined. Whoever locks rows, too, does this first.
    static func lock(_ names: [CollectedBy], in work: UnitOfWork) async throws {
        try await work.lock(names.flatMap { [$0.intent?.rawValue, $0.charge?.rawValue].compactMap(\.self) })
    }

    /// A payment, or the one that it was merged into; nil while it is not known. Locked until the transaction ends: what is given back of it is
    /// decided under this lock.
    static func find(_ id: PaymentID, in work: UnitOfWork) async throws -> RefundablePayment? {
        var id = id
        // A payment is merged into an earlier one, so this comes to an end; more than a few in a row are nobody's story.
        for _ in 0..<5 {
            guard let row = try await work.query("SELECT * FROM refundable_payments WHERE payment_id = \(id) FOR UPDATE").first else {
                return nil
            }
            guard let survivor = try row.get("merged_into", as: PaymentID?.self) else { return try RefundablePayment(row: row) }
            id = survivor
        }
        return nil
    }

    /// The one payment that was collected so, locked as above. The intent says it; a charge that has none, or whose intent nobody has told, does
    /// by itself.
    static func find(_ names: CollectedBy, in work: UnitOfWork) async throws -> RefundablePayment? {
        let row = try await work.query(
            """
            SELECT payment_id FROM refundable_payments
            WHERE merged_into IS NULL AND (stripe_payment_intent_id = \(names.intent) OR stripe_charge_id = \(names.charge))
            ORDER BY stripe_payment_intent_id IS NOT DISTINCT FROM \(names.intent) DESC, payment_id LIMIT 1
            """
        ).first
        guard let row else { return nil }
        return try await find(row.get("payment_id"), in: work)
    }

    /// What was collected for a subscription, the oldest first.
    static func collected(for subscription: SubscriptionID, in work: UnitOfWork) async throws -> [PaymentID] {
        try await work.query(
            """
            SELECT payment_id FROM refundable_payments
            WHERE stripe_subscription_id = \(subscription) AND status = 'succeeded' AND merged_into IS NULL ORDER BY paid_at, payment_id
            """
        ).map { try $0.get("payment_id") }
    }

    /// A payment as it is; nothing is locked.
    static func read(_ id: PaymentID, in pool: PostgresPool) async throws -> RefundablePayment? {
        try await pool.query("SELECT * FROM refundable_payments WHERE payment_id = \(id) AND merged_into IS NULL").first.map(
            RefundablePayment.init(row:))
    }

    /// Payments as they are, or those that they were merged into, by the names that are given; nothing is locked.
    static func read(_ ids: [PaymentID], in pool: PostgresPool) async throws -> [PaymentID: RefundablePayment] {
        let rows = try await pool.query(
            """
            SELECT known.payment_id AS asked, payment.* FROM refundable_payments AS known
            JOIN refundable_payments AS payment ON payment.payment_id = coalesce(known.merged_into, known.payment_id)
            WHERE known.payment_id = ANY(\(ids))
            """)
        return try Dictionary(rows.map { (try $0.get("asked"), try RefundablePayment(row: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether nothing was collected later for the same subscription.
    static func isNewest(_ payment: RefundablePayment, in work: UnitOfWork) async throws -> Bool {
        try await work.query(
            """
            SELECT FROM refundable_payments
            WHERE stripe_subscription_id = \(payment.subscriptionID) AND status IN ('succeeded', 'refunded') AND merged_into IS NULL
              AND paid_at > \(payment.paidAt) LIMIT 1
            """
        ).isEmpty
    }

    /// Keeps the newest version of each and returns those that were news: an older or equal version changes nothing. No later word makes the
    /// captured amount less than what is reserved of it already: what is wrong then is told by an alert, and keeps no message back.
    static func record(_ heard: [Heard<PaymentRecorded>], in work: UnitOfWork) async throws -> [PaymentID: RefundablePayment] {
        let payments = heard.map(\.message)
        let rows = try await work.query(
            trail.change(
                "payment.heard", heard: heard.map { ($0.message.paymentID.rawValue, $0.id) },
                by: """
                    INSERT INTO refundable_payments AS known (payment_id, version, user_id, stripe_payment_intent_id, stripe_charge_id, amount,
                                                              currency, status, paid_at, stripe_subscription_id, merged_into)
                    SELECT * FROM unnest(
                        \(payments.map(\.paymentID)), \(payments.map(\.version)), \(payments.map(\.userID)),
                        \(payments.map(\.stripePaymentIntentID)), \(payments.map(\.stripeChargeID)), \(payments.map(\.amount)),
                        \(payments.map(\.currency)), \(payments.map(\.status.rawValue)), \(payments.map { $0.paidAt ?? $0.createdAt }),
                        \(payments.map(\.stripeSubscriptionID)), \(payments.map(\.mergedInto)))
                    ON CONFLICT (payment_id) DO UPDATE
                    SET version = excluded.version, user_id = excluded.user_id, amount = greatest(excluded.amount, known.reserved),
                        stripe_payment_intent_id = excluded.stripe_payment_intent_id, stripe_charge_id = excluded.stripe_charge_id,
                        currency = excluded.currency, status = excluded.status, paid_at = excluded.paid_at,
                        stripe_subscription_id = excluded.stripe_subscription_id, merged_into = excluded.merged_into, updated_at = now()
                    WHERE known.version < excluded.version
                    """, calling: "known", returning: "changed.*"))
        return try Dictionary(
            rows.map { (try $0.get("payment_id"), try RefundablePayment(row: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Those of these names that a refund or a dispute has.
    static func givenBack(_ names: [CollectedBy], in work: UnitOfWork) async throws -> Set<CollectedBy> {
        let (intents, charges) = (names.compactMap(\.intent), names.compactMap(\.charge))
        let rows = try await work.query(
            """
            SELECT stripe_payment_intent_id AS intent, stripe_charge_id AS charge FROM refunds
            WHERE stripe_payment_intent_id = ANY(\(intents)) OR stripe_charge_id = ANY(\(charges))
            UNION SELECT stripe_payment_intent_id, stripe_charge_id FROM payment_disputes
            WHERE stripe_payment_intent_id = ANY(\(intents)) OR stripe_charge_id = ANY(\(charges))
            """)
        let found = try rows.map { CollectedBy(intent: try $0.get("intent"), charge: try $0.get("charge")) }
        let (foundIntents, foundCharges) = (Set(found.compactMap(\.intent)), Set(found.compactMap(\.charge)))
        return Set(
            names.filter { name in
                name.intent.map(foundIntents.contains) == true || name.charge.map(foundCharges.contains) == true
            })
    }

    /// What a payment's refunds come to.
    struct Count: Sendable {
        let payment: RefundablePayment
        /// Minor units of all refunds at Stripe that have not failed.
        let amountRefunded: Int64
    }

    /// Counts anew what is given back of a payment, whose row the caller has locked. Amounts are absolute, so that nothing counts twice however
    /// often this is done. `beyond` is a version that the new one must exceed. Throws when our own reservations come to more than was captured.
    static func count(_ id: PaymentID, beyond version: Int64 = 0, in work: UnitOfWork) async throws -> Count? {
        let live: Query = "refunds.payment_id = \(id) AND refunds.status NOT IN ('failed', 'canceled')"
        let row = try await work.query(
            trail.change(
                "payment.refunds_counted", of: "payment_id = \(id)",
                by: """
                    UPDATE refundable_payments AS payment
                    SET reserved = back.ours, elsewhere = back.elsewhere, updated_at = now(),
                        refunds_version = greatest(payment.refunds_version, \(version)) + 1
                    FROM (SELECT coalesce(sum(amount) FILTER (WHERE idempotency_key IS NOT NULL), 0)::bigint AS ours,
                                 coalesce(sum(amount) FILTER (WHERE idempotency_key IS NULL), 0)::bigint AS elsewhere
                          FROM refunds WHERE \(query: live)) AS back
                    WHERE payment.payment_id = \(id)
                    """, calling: "payment",
                returning: """
                    changed.*, (SELECT coalesce(sum(amount), 0)::bigint FROM refunds WHERE \(query: live) AND stripe_refund_id IS NOT NULL)
                               AS amount_refunded
                    """)
        ).first
        return try row.map { Count(payment: try RefundablePayment(row: $0), amountRefunded: try $0.get("amount_refunded")) }
    }
}
