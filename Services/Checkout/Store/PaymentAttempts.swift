import Foundation
import Messages
import Messaging
import Models
import Postgres

/// One failed attempt to collect a payment, as heard from the intent or from the charge.
struct FailedAttempt: Sendable, Hashable {
    var key: String
    var paymentIntentID: PaymentIntentID
    var amount: Int64
    var failure: PaymentFailure
    /// The intent's error has the bank's reason and the method; the charge's is kept only until the intent has spoken.
    var isIntentsWord: Bool
    var at: Date

    /// The attempt that `intent` failed with; keyed by the charge that failed, else by the event that told of the failure; nil when there
    /// is neither, because the same attempt could then be counted again. The intent's newest charge is no key: an attempt that ended
    /// before there was a charge, in 3-D Secure for one, leaves that of the attempt before in its place.
    init?(_ intent: PaymentIntentFacts, event: EventID?, at: Date) {
        guard let failure = intent.lastFailure, let key = failure.chargeID?.rawValue ?? event?.rawValue else { return nil }
        self.key = key
        paymentIntentID = intent.id
        amount = intent.amount
        self.failure = failure
        isIntentsWord = true
        self.at = at
    }

    /// The attempt that `charge` was; nil unless it failed, and where it has no intent.
    init?(_ charge: ChargeFacts) {
        guard charge.status == "failed", let intent = charge.paymentIntentID else { return nil }
        key = charge.id.rawValue
        paymentIntentID = intent
        amount = charge.amount
        failure = charge.failure ?? PaymentFailure(chargeID: charge.id, paymentMethodType: charge.paymentMethodType)
        isIntentsWord = false
        at = charge.created
    }
}

/// The table `payment_attempts`.
enum PaymentAttempts {
    private static let trail = AuditedTable(
        "payment_attempts", key: "attempt_key", of: "payment_attempt", hiding: ["last_payment_error", "version"], ignoring: ["is_told"])
    private static let invoices = AuditedTable("invoice_attempts", key: "stripe_invoice_id", of: "invoice", user: "NULL::text")

    /// Records an attempt once. Where intent and charge differ the intent's word counts, and each fills in what the other left out, in
    /// whichever order they come.
    static func record(_ attempt: FailedAttempt, payment: PaymentRow, in work: UnitOfWork) async throws {
        let error = attempt.isIntentsWord ? try JSON(encoding: attempt.failure) : nil
        try await work.send(
            trail.change(
                "payment_attempt.recorded", of: "attempt_key = \(attempt.key)",
                by: """
                    INSERT INTO payment_attempts AS known (attempt_key, payment_id, user_id, stripe_payment_intent_id, amount, failure_code,
                                                           failure_message, payment_method_id, last_payment_error, created_at)
                    VALUES (\(attempt.key), \(payment.id), \(payment.userID), \(attempt.paymentIntentID), \(attempt.amount),
                            \(attempt.failure.code), \(attempt.failure.message), \(attempt.failure.paymentMethodID), \(error), \(attempt.at))
                    ON CONFLICT (attempt_key) DO UPDATE
                    SET failure_code = CASE WHEN \(attempt.isIntentsWord) THEN coalesce(excluded.failure_code, known.failure_code)
                                            ELSE coalesce(known.failure_code, excluded.failure_code) END,
                        failure_message = CASE WHEN \(attempt.isIntentsWord) THEN coalesce(excluded.failure_message, known.failure_message)
                                               ELSE coalesce(known.failure_message, excluded.failure_message) END,
                        payment_method_id = CASE WHEN \(attempt.isIntentsWord) THEN coalesce(excluded.payment_method_id, known.payment_method_id)
                                                 ELSE coalesce(known.payment_method_id, excluded.payment_method_id) END,
                        last_payment_error = coalesce(known.last_payment_error, excluded.last_payment_error),
                        user_id = coalesce(known.user_id, excluded.user_id), is_told = false,
                        created_at = least(known.created_at, excluded.created_at)
                    """, calling: "known"))
    }

    /// Hands the attempts of a payment that is about to go over to the one that has everything.
    static func move(from gone: PaymentID, to survivor: PaymentID, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "payment_attempt.moved", of: "payment_id = \(gone)",
                by: """
                    UPDATE payment_attempts
                    SET payment_id = payments.id, user_id = coalesce(payment_attempts.user_id, payments.user_id), is_told = false
                    FROM payments WHERE payment_attempts.payment_id = \(gone) AND payments.id = \(survivor)
                    """))
    }

    /// Notes whose the attempts of a payment are, once that is known.
    static func claim(_ payment: PaymentID, for user: UserID, in work: UnitOfWork) async throws {
        try await work.send(
            trail.change(
                "payment_attempt.claimed", of: "payment_id = \(payment)",
                by: "UPDATE payment_attempts SET user_id = \(user), is_told = false WHERE payment_id = \(payment) AND user_id IS NULL"))
    }

    /// Keeps what an invoice said when it could not be collected.
    static func record(_ invoice: InvoiceFacts, failedAt time: Date, in work: UnitOfWork) async throws {
        try await work.send(
            invoices.change(
                "invoice.attempt_failed", of: "stripe_invoice_id = \(invoice.id) AND attempt_number = \(Int64(invoice.attemptCount))",
                by: """
                    INSERT INTO invoice_attempts (stripe_invoice_id, attempt_number, failed_at, next_attempt_at)
                    VALUES (\(invoice.id), \(Int64(invoice.attemptCount)), \(time), \(invoice.nextPaymentAttempt))
                    ON CONFLICT (stripe_invoice_id, attempt_number) DO NOTHING
                    """))
    }

    /// Brings together what is known of the failed attempts of an intent, or of all intents of an invoice, in whichever order it was heard: which
    /// try each was, and whether a later one collected the money. Tells of those that have become others.
    ///
    /// An attempt and an invoice's word on one belong together when each is the other's nearest in time: neither names the other.
    static func settle(_ intent: PaymentIntentID?, _ invoice: InvoiceID?, in work: UnitOfWork) async throws {
        let rows = try await work.query(
            trail.change(
                "payment_attempt.settled", of: "\(query: concerns("payment_attempts", intent, invoice))",
                by: """
                    UPDATE payment_attempts AS attempt
                    SET attempt_number = found.attempt_number, next_attempt_at = found.next_attempt_at, recovered_at = found.recovered_at,
                        status = CASE WHEN found.recovered_at IS NULL THEN 'failed' ELSE 'recovered' END, version = attempt.version + 1,
                        is_told = true
                    FROM (\(query: known(intent, invoice))) AS found
                    WHERE attempt.attempt_key = found.attempt_key
                      AND (NOT attempt.is_told
                           OR (attempt.attempt_number, attempt.next_attempt_at, attempt.recovered_at)
                              IS DISTINCT FROM (found.attempt_number, found.next_attempt_at, found.recovered_at))
                    """, calling: "attempt",
                returning: """
                    changed.*, changed.last_payment_error->>'decline_code' AS decline_code,
                    (SELECT stripe_invoice_id FROM invoice_payments AS joined
                     WHERE joined.stripe_payment_intent_id = changed.stripe_payment_intent_id) AS joined_invoice_id,
                    payment.plan_id, payment.currency, payment.stripe_subscription_id, payment.stripe_invoice_id
                    """
            ) + " JOIN payments AS payment ON payment.id = changed.payment_id")
        for row in rows { try work.publish(try told(row)) }
    }

    private static func concerns(_ name: String, _ intent: PaymentIntentID?, _ invoice: InvoiceID?) -> Query {
        """
        (\(unsafe: name).stripe_payment_intent_id = \(intent) OR \(unsafe: name).stripe_payment_intent_id IN (
            SELECT stripe_payment_intent_id FROM invoice_payments WHERE stripe_invoice_id = \(invoice)))
        """
    }

    /// What can be said of each attempt now.
    private static func known(_ intent: PaymentIntentID?, _ invoice: InvoiceID?) -> Query {
        """
        SELECT own.attempt_key, word.attempt_number, word.next_attempt_at,
               (SELECT min(payment.paid_at) FROM payments AS payment
                WHERE (payment.id = own.payment_id OR payment.stripe_invoice_id = \(invoice))
                  AND payment.status IN ('succeeded', 'refunded') AND payment.paid_at >= own.created_at) AS recovered_at
        FROM payment_attempts AS own LEFT JOIN invoice_attempts AS word
          ON word.stripe_invoice_id = \(invoice)
         AND word.attempt_number = (
                SELECT nearest.attempt_number FROM invoice_attempts AS nearest WHERE nearest.stripe_invoice_id = \(invoice)
                ORDER BY abs(extract(epoch FROM nearest.failed_at - own.created_at)), nearest.attempt_number LIMIT 1)
         AND own.attempt_key = (
                SELECT nearest.attempt_key FROM payment_attempts AS nearest WHERE \(query: concerns("nearest", intent, invoice))
                ORDER BY abs(extract(epoch FROM nearest.created_at - word.failed_at)), nearest.attempt_key LIMIT 1)
        WHERE \(query: concerns("own", intent, invoice))
        """
    }

    private static func told(_ row: Row) throws -> PaymentAttemptFailed {
        PaymentAttemptFailed(
            attemptID: try row.get("attempt_key"), version: try row.get("version"), paymentID: try row.get("payment_id"),
            userID: try row.get("user_id"), planID: try row.get("plan_id"), amount: try row.get("amount"),
            currency: try row.get("currency"), failureCode: try row.get("failure_code"), declineCode: try row.get("decline_code"),
            attemptNumber: try row.get("attempt_number"), nextAttemptAt: try row.get("next_attempt_at"),
            failedAt: try row.get("created_at"),
            recoveredAt: try row.get("recovered_at"), stripePaymentIntentID: try row.get("stripe_payment_intent_id"),
            stripeInvoiceID: try row.get("stripe_invoice_id") ?? row.get("joined_invoice_id"),
            stripeSubscriptionID: try row.get("stripe_subscription_id"))
    }

    /// Why the newest attempt to collect the invoice of a row failed, by whichever of its intents.
    static func latest(of invoice: Query) -> Query {
        """
        SELECT attempt.failure_code, attempt.failure_message FROM invoice_payments AS collecting
        JOIN payments ON payments.stripe_payment_intent_id = collecting.stripe_payment_intent_id
        JOIN payment_attempts AS attempt ON attempt.payment_id = payments.id
        WHERE collecting.stripe_invoice_id = \(query: invoice) ORDER BY attempt.created_at DESC LIMIT 1
        """
    }
}
