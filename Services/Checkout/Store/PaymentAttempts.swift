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

    /// The attempt that `intent` failed with; keyed by its charge, else by the event; nil when there is neither, because the same attempt
    /// could then be counted again.
    init?(_ intent: PaymentIntentFacts, event: EventID?, at: Date) {
        guard let failure = intent.lastFailure,
            let key = failure.chargeID?.rawValue ?? intent.latestChargeID?.rawValue ?? event?.rawValue
        else { return nil }
        self.key = key
        paymentIntentID = intent.id
        amount = intent.amount
        self.failure = failure
        isIntentsWord = true
        self.at = at
    }

    /// The attempt that `charge` was.
    init?(_ charge: ChargeFacts) {
        guard let intent = charge.paymentIntentID else { return nil }
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
    /// Records an attempt once. Where intent and charge differ the intent's word counts, and each fills in what the other left out, in
    /// whichever order they come.
    static func record(_ attempt: FailedAttempt, payment: PaymentRow, in work: UnitOfWork) async throws {
        let error = attempt.isIntentsWord ? JSON(bytes: try WireJSON.encode(attempt.failure)) : nil
        try await work.query(
            """
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
                created_at = least(known.created_at, excluded.created_at)
            """)
    }

    /// Why the newest attempt to collect `invoice` failed.
    static func latest(of invoice: InvoiceID, in pool: PostgresPool) async throws -> LatestFailure? {
        try await pool.query(
            """
            SELECT attempt.failure_code, attempt.failure_message FROM payment_attempts AS attempt
            JOIN payments ON payments.id = attempt.payment_id
            WHERE payments.stripe_invoice_id = \(invoice) ORDER BY attempt.created_at DESC LIMIT 1
            """
        ).first.map { LatestFailure(code: try $0.get("failure_code"), message: try $0.get("failure_message")) }
    }
}
