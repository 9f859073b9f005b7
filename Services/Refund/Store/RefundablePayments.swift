import Messages
import Messaging
import Models
import Postgres

/// What a refund or a dispute names as taken: its charge, and the intent that the charge belongs to, where there is one.
struct CollectedBy: Sendable, Hashable {
    var intent: PaymentIntentID?
    var charge: ChargeID?
}

/// The table `refundable_payments`: refund's projection of checkout's payments.
enum RefundablePayments {
    private static let trail = AuditedTable("refundable_payments", key: "payment_id", of: "payment", hiding: ["version"])

    /// Keeps others from recording anything about this collection until the transaction ends: else a refund and its payment, recorded at the
    /// same time, would not see each other and never be joined.
    static func lock(_ names: CollectedBy, in work: UnitOfWork) async throws {
        for name in [names.intent?.rawValue, names.charge?.rawValue].compactMap(\.self).sorted() {
            try await work.query("SELECT pg_advisory_xact_lock(hashtextextended(\(name), 0))")
        }
    }

    /// SQL for the one payment that was collected so, and its user; no row while it is not known. The intent says it; a charge that has none, or
    /// whose intent nobody has told, does by itself.
    static func payment(of names: CollectedBy) -> Query {
        """
        SELECT payment_id, user_id FROM refundable_payments
        WHERE merged_into IS NULL AND (stripe_payment_intent_id = \(names.intent) OR stripe_charge_id = \(names.charge))
        ORDER BY stripe_payment_intent_id IS NOT DISTINCT FROM \(names.intent) DESC, payment_id LIMIT 1
        """
    }

    /// Keeps the newest version; an older or equal one changes nothing.
    static func record(_ payment: PaymentRecorded, in work: UnitOfWork) async throws {
        let names = CollectedBy(intent: payment.stripePaymentIntentID, charge: payment.stripeChargeID)
        try await lock(names, in: work)
        let changed =
            try await work.query(
                trail.change(
                    "payment.heard", of: "payment_id = \(payment.paymentID)",
                    by: """
                        INSERT INTO refundable_payments AS known (payment_id, version, user_id, stripe_payment_intent_id, stripe_charge_id, amount,
                                                                  amount_refunded, currency, status, paid_at, merged_into)
                        VALUES (\(payment.paymentID), \(payment.version), \(payment.userID), \(payment.stripePaymentIntentID),
                                \(payment.stripeChargeID), \(payment.amount), \(payment.amountRefunded), \(payment.currency), \(payment.status),
                                \(payment.paidAt ?? payment.createdAt), \(payment.mergedInto))
                        ON CONFLICT (payment_id) DO UPDATE
                        SET version = excluded.version, user_id = excluded.user_id, amount = excluded.amount,
                            stripe_payment_intent_id = excluded.stripe_payment_intent_id, stripe_charge_id = excluded.stripe_charge_id,
                            amount_refunded = excluded.amount_refunded, currency = excluded.currency, status = excluded.status,
                            paid_at = excluded.paid_at, merged_into = excluded.merged_into, updated_at = now()
                        WHERE known.version < excluded.version
                        """, calling: "known")
            ).affectedRows == 1
        if changed { try await adopt(names, in: work) }
    }

    /// Gives the refunds and disputes of a collection to the payment that it is. They may have been heard of before their payment, before
    /// anybody knew whose it is, or while it was still another payment that has been merged since.
    private static func adopt(_ names: CollectedBy, in work: UnitOfWork) async throws {
        guard names != CollectedBy() else { return }
        for (table, trail) in [(Refunds.table, Refunds.trail), (Disputes.table, Disputes.trail)] {
            try await work.query(
                trail.change(
                    "payment.found", of: "stripe_payment_intent_id = \(names.intent) OR stripe_charge_id = \(names.charge)",
                    by: """
                        UPDATE \(unsafe: table) AS child
                        SET payment_id = payment.payment_id, user_id = coalesce(payment.user_id, child.user_id), updated_at = now()
                        FROM (\(query: payment(of: names))) AS payment
                        WHERE (child.stripe_payment_intent_id = \(names.intent)
                               OR (child.stripe_payment_intent_id IS NULL AND child.stripe_charge_id = \(names.charge)))
                          AND (child.payment_id IS DISTINCT FROM payment.payment_id
                               OR child.user_id IS DISTINCT FROM coalesce(payment.user_id, child.user_id))
                        """, calling: "child"))
        }
    }
}
