import Foundation
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

/// The newest failure of a payment, as customers are told.
struct LatestFailure: Sendable, Hashable {
    var code: String?
    var message: String?
}

/// The table `payment_attempts`.
enum PaymentAttempts {
    private static let trail = AuditedTable("payment_attempts", key: "attempt_key", of: "payment_attempt", hiding: ["last_payment_error"])

    /// Records an attempt once. Where intent and charge differ the intent's word counts, and each fills in what the other left out, in
    /// whichever order they come.
    static func record(_ attempt: FailedAttempt, payment: PaymentRow, in work: UnitOfWork) async throws {
        let error = attempt.isIntentsWord ? try JSON(encoding: attempt.failure) : nil
        try await work.query(
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
                        user_id = coalesce(known.user_id, excluded.user_id),
                        created_at = least(known.created_at, excluded.created_at)
                    """, calling: "known"))
    }

    /// Hands the attempts of a payment that is about to go over to the one that has everything.
    static func move(from gone: PaymentID, to survivor: PaymentID, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "payment_attempt.moved", of: "payment_id = \(gone)",
                by: """
                    UPDATE payment_attempts
                    SET payment_id = payments.id, user_id = coalesce(payment_attempts.user_id, payments.user_id)
                    FROM payments WHERE payment_attempts.payment_id = \(gone) AND payments.id = \(survivor)
                    """))
    }

    /// Notes whose the attempts of a payment are, once that is known.
    static func claim(_ payment: PaymentID, for user: UserID, in work: UnitOfWork) async throws {
        try await work.query(
            trail.change(
                "payment_attempt.claimed", of: "payment_id = \(payment)",
                by: "UPDATE payment_attempts SET user_id = \(user) WHERE payment_id = \(payment) AND user_id IS NULL"))
    }

    /// Why the newest attempt to collect `invoice` failed, by whichever of its intents.
    static func latest(of invoice: InvoiceID, in pool: PostgresPool) async throws -> LatestFailure? {
        try await pool.query(
            """
            SELECT attempt.failure_code, attempt.failure_message FROM invoice_payments AS collecting
            JOIN payments ON payments.stripe_payment_intent_id = collecting.stripe_payment_intent_id
            JOIN payment_attempts AS attempt ON attempt.payment_id = payments.id
            WHERE collecting.stripe_invoice_id = \(invoice) ORDER BY attempt.created_at DESC LIMIT 1
            """
        ).first.map { LatestFailure(code: try $0.get("failure_code"), message: try $0.get("failure_message")) }
    }
}
