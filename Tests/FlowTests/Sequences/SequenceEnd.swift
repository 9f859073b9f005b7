import Foundation
import Postgres

/// Where a life ends at Stripe; what is nil is not said.
struct SequenceEnd: Sendable {
    var subscription: String?
    var status: String?
    var periodEnd: Int?
    var isEndScheduled: Bool?
    /// Zero for one that has not ended.
    var endedAt: Int?
    var reason: String?
    /// Minor units collected, refunds apart.
    var paid: Int?
    /// Each payment as amount, currency, method and status.
    var payments: [String]?
    /// Minor units given back.
    var refunded: Int?
    var refunds: [Int]?
    var refundStatus: String?
    var dispute: String?
    /// Minor units.
    var disputed: Int?
    /// Until when the bank takes evidence; zero for no such time.
    var evidenceUntil: Int?
    /// Whether a VM may run.
    var access: Bool?
    var plan: String?
    var openInvoice: String?
    var attemptCount: Int?
    var session: String?
    var paymentStatus: String?
    /// Nothing of it concerns us.
    var isNoise = false

    func renamed(by renaming: EventSequence.Renaming) -> SequenceEnd {
        var end = self
        end.subscription = subscription.map(renaming.text)
        end.openInvoice = openInvoice.map(renaming.text)
        end.periodEnd = periodEnd.map(renaming.time)
        end.evidenceUntil = evidenceUntil.map { $0 == 0 ? 0 : renaming.time($0) }
        end.endedAt = endedAt.map { $0 == 0 ? 0 : renaming.time($0) }
        return end
    }

    /// The end in words; each that is not said is left out.
    var words: [String: String] {
        if isNoise { return ["rows": "0"] }
        var words: [String: String] = [:]
        words["subscription"] = subscription
        words["status"] = status
        words["period_end"] = periodEnd.map(String.init)
        words["end_scheduled"] = isEndScheduled.map(String.init)
        words["ended_at"] = endedAt.map(String.init)
        words["reason"] = reason
        words["paid"] = paid.map(String.init)
        // As analytics counts it, and with time and method of each payment.
        words["counted"] = paid.map(String.init)
        words["vague"] = paid.map { _ in "0" }
        words["payments"] = payments.map { $0.sorted().joined(separator: ",") }
        words["refunded"] = refunded.map(String.init)
        // As customers see it, and as analytics counts it; a payment that is given back whole says so.
        words["shown_refunded"] = refunded.map(String.init)
        words["counted_refunded"] = refunded.map(String.init)
        words["whole"] = refunded.map { $0 > 0 && $0 == paid ? "1" : "0" }
        words["refunds"] = refunds.map { $0.sorted().map(String.init).joined(separator: ",") }
        words["refund_status"] = refundStatus
        words["dispute"] = dispute
        words["disputed"] = disputed.map(String.init)
        words["evidence_until"] = evidenceUntil.map(String.init)
        words["plan"] = plan
        words["access"] = access.map { $0 ? "on" : "off" }
        words["open_invoice"] = openInvoice
        words["attempts"] = attemptCount.map(String.init)
        words["session"] = session
        words["payment_status"] = paymentStatus
        return words
    }
}

extension EventSequence.Copy {
    /// What our tables say of the customer, in the same words.
    func ours(_ observer: PostgresPool) async throws -> [String: String] {
        let customers = Array(Set(events.compactMap { $0.names["customer"] }))
        let rows = try await observer.query(
            """
            SELECT words.key, words.value FROM (SELECT) AS one
                LEFT JOIN LATERAL (SELECT * FROM checkout.subscriptions WHERE user_id = \(user) LIMIT 1) AS subscription ON true
                LEFT JOIN LATERAL (SELECT status, payment_status FROM checkout.checkout_sessions WHERE user_id = \(user) LIMIT 1)
                    AS session ON true,
                LATERAL (SELECT coalesce(sum(amount), 0) AS paid, count(*) FILTER (WHERE paid_at IS NULL OR payment_method IS NULL) AS vague,
                                coalesce(sum(amount_refunded), 0) AS back, count(*) FILTER (WHERE payments.status = 'refunded') AS whole
                         FROM checkout.payments WHERE user_id = \(user) AND payments.status IN ('succeeded', 'refunded')) AS money,
                LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE refunds.status = 'succeeded'), 0) AS refunded,
                                string_agg(amount::text, ',' ORDER BY amount) FILTER (WHERE refunds.status = 'succeeded') AS amounts,
                                string_agg(refunds.status, ',') AS statuses
                         FROM refund.refunds WHERE user_id = \(user)) AS back,
                LATERAL (SELECT string_agg(status, ',') AS statuses, sum(amount) AS amount,
                                coalesce(max(extract(epoch FROM evidence_deadline)::bigint), 0) AS deadline
                         FROM refund.payment_disputes WHERE user_id = \(user)) AS disputes,
                LATERAL (SELECT max(attempt_count) AS attempts,
                                string_agg(stripe_invoice_id, ',') FILTER (WHERE invoices.status = 'open') AS open
                         FROM checkout.invoices WHERE stripe_customer_id = ANY(\(customers))) AS billed,
                LATERAL jsonb_each_text(jsonb_strip_nulls(jsonb_build_object(
                    'subscription', stripe_subscription_id, 'status', subscription.status,
                    'period_end', extract(epoch FROM current_period_end)::bigint,
                    'end_scheduled', subscription.status NOT IN ('canceled', 'incomplete_expired')
                                     AND (cancel_at_period_end OR cancel_at IS NOT NULL),
                    'ended_at', coalesce(extract(epoch FROM ended_at)::bigint, 0), 'reason', cancellation_reason, 'plan', plan_id,
                    'session', session.status, 'payment_status', session.payment_status,
                    'paid', money.paid, 'vague', money.vague, 'shown_refunded', money.back, 'whole', money.whole,
                    'counted_refunded', (SELECT coalesce(sum(amount), 0) FROM analytics.refunds WHERE user_id = \(user) AND status = 'succeeded'), 'refunded', back.refunded, 'refunds', back.amounts,
                    'refund_status', back.statuses, 'attempts', billed.attempts, 'open_invoice', billed.open,
                    'payments', (SELECT string_agg(concat_ws(' ', amount, currency, payment_method, status), ',' ORDER BY amount)
                                 FROM checkout.payments WHERE user_id = \(user)),
                    'dispute', disputes.statuses, 'disputed', disputes.amount, 'evidence_until', disputes.deadline,
                    'access', coalesce((SELECT wanted FROM enforcement.access WHERE user_id = \(user)), 'off'), 'counted', (SELECT coalesce(sum(amount), 0) FROM analytics.payments
                                WHERE user_id = \(user) AND status IN ('succeeded', 'refunded') AND merged_into IS NULL),
                    'rows', (SELECT count(*) FROM checkout.payments WHERE stripe_customer_id = ANY(\(customers)))
                          + (SELECT count(*) FROM checkout.subscriptions WHERE stripe_customer_id = ANY(\(customers)))
                ))) AS words
            """)
        return try Dictionary(rows.map { (try $0.get("key"), try $0.get("value")) }, uniquingKeysWith: { $1 })
    }

    /// What our tables say otherwise than Stripe; nil when they agree.
    func difference(_ observer: PostgresPool) async throws -> String? {
        let (wanted, ours) = (end.words, try await ours(observer))
        let wrong = wanted.keys.sorted().filter { wanted[$0] != ours[$0] }
        return wrong.isEmpty ? nil : wrong.map { "\($0) is \(ours[$0] ?? "-"), not \(wanted[$0] ?? "-")" }.joined(separator: "; ")
    }
}
