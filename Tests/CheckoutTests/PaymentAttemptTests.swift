import Foundation
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout
@testable import StripeSync

@Suite("Failed attempts")
struct PaymentAttemptTests {
    /// The attempts as they are kept, by key.
    private static let attempts: Query = """
        SELECT coalesce(string_agg(attempt_key || ' ' || failure_code, ', ' ORDER BY attempt_key), '') FROM payment_attempts
        """

    /// Hears an event of an intent as the consumer does; its user is known.
    private func hear(_ id: EventID, _ type: String, _ intent: PaymentIntentFacts, _ bench: CheckoutBench) async throws {
        let event = StripeEventReceived(
            stripeEventID: id, eventType: type, created: CheckoutBench.time, apiVersion: nil, objectID: nil, object: .paymentIntent(intent))
        let prepared = ApplyStripeObject.Prepared(
            object: .paymentIntent(intent), heard: .event(id, type: type, created: event.created), owner: .user("user_1"))
        let outcome = try await bench.outbox.transaction { work in
            try await StripeEventHandler(objects: bench.objects).apply(event, prepared, in: work)
        }
        #expect(outcome == .done)
    }

    @Test("one that ended before there was a charge is its own, whatever the intent's newest charge is", .database)
    func authentication() async throws {
        try await CheckoutBench.run { bench, _ in
            let declined = Said.intent("pi_1", "requires_payment_method", failure: Said.declined("ch_1"), latestCharge: "ch_1")
            let failure = Said.declined(nil, code: "payment_intent_authentication_failure")
            let refused = Said.intent("pi_1", "requires_payment_method", failure: failure, latestCharge: "ch_1")
            for _ in 1...2 {
                try await hear("evt_1", "payment_intent.payment_failed", declined, bench)
                try await hear("evt_2", "payment_intent.payment_failed", refused, bench)
            }
            try await #expect(bench.value(Self.attempts) == "ch_1 card_declined, evt_2 payment_intent_authentication_failure")
        }
    }

    @Test("an error that is still shown when the intent is canceled is no new one", .database)
    func canceled() async throws {
        try await CheckoutBench.run { bench, _ in
            let failure = Said.declined(nil, code: "payment_intent_authentication_failure")
            try await hear(
                "evt_1", "payment_intent.payment_failed", Said.intent("pi_1", "requires_payment_method", failure: failure), bench)
            try await hear("evt_2", "payment_intent.canceled", Said.intent("pi_1", "canceled", failure: failure), bench)
            try await #expect(bench.value(Self.attempts) == "evt_1 payment_intent_authentication_failure")
        }
    }

    @Test("intent and charge tell of one attempt, in either order, and the intent's code counts", .database, arguments: [true, false])
    func intentAndCharge(chargeFirst: Bool) async throws {
        try await CheckoutBench.run { bench, _ in
            let failure = Said.declined("ch_1", code: "expired_card")
            let intent = StripeObject.paymentIntent(Said.intent("pi_1", "requires_payment_method", failure: failure))
            let charge = StripeObject.charge(Said.failedCharge("ch_1", of: "pi_1"))
            for object in chargeFirst ? [charge, intent] : [intent, charge] { try await bench.apply(object) }
            try await #expect(bench.value(Self.attempts) == "ch_1 expired_card")
        }
    }

    @Test("the newest of an invoice is found by whichever of its intents it was", .database)
    func ofInvoice() async throws {
        try await CheckoutBench.run { bench, _ in
            for (number, code) in [(1, "card_declined"), (2, "expired_card")] {
                let failure = Said.declined(ChargeID("ch_\(number)"), code: code)
                let intent = Said.intent(PaymentIntentID("pi_\(number)"), "requires_payment_method", failure: failure)
                try await bench.apply(
                    .paymentIntent(intent), invoice: "in_1", created: CheckoutBench.time.addingTimeInterval(Double(number)))
            }
            try await #expect(bench.latestFailure(of: "in_1") == "expired_card")
        }
    }

    /// Stripe counts the tries of an invoice and says when the next one is (API reference, "The Invoice object": `attempt_count`,
    /// `next_payment_attempt`); intents and charges say neither.
    @Test("know which try they were, what followed, and that a later one was made good, in any order", .database)
    func settled() async throws {
        try await CheckoutBench.run { bench, _ in
            for (number, order) in permutations(Array(0..<5)).enumerated() {
                let events = story(number)
                for index in order { try await hear(events[index], bench) }
                let rows = try await bench.value(
                    """
                    SELECT string_agg(concat_ws(' ', status, attempt_number, next_attempt_at IS NOT NULL, recovered_at IS NOT NULL, is_told), ', '
                                      ORDER BY created_at)
                    FROM payment_attempts WHERE stripe_payment_intent_id = \("pi_\(number)")
                    """)
                #expect(rows == "recovered 1 t t t, recovered 2 f t t", "\(order)")
            }
            // What was told last is what is known.
            let differing = try await bench.value(
                """
                SELECT count(*) FROM payment_attempts AS attempt WHERE NOT EXISTS (
                    SELECT FROM (SELECT convert_from(body, 'UTF8')::jsonb->'data' AS said FROM outbox
                                 WHERE routing_key = 'payment.attempt_failed.v1') AS told
                    WHERE said->>'attempt_id' = attempt.attempt_key AND (said->>'version')::bigint = attempt.version
                      AND (said->>'attempt_number')::bigint = attempt.attempt_number AND said ? 'recovered_at')
                """)
            #expect(differing == "0")
            try await #expect(bench.value("SELECT count(*) FROM payment_attempts") == "240")
        }
    }

    /// Something that happened to the payment of an invoice.
    private struct Happened {
        var object: StripeObject
        var type: String
        /// Seconds after the first.
        var after: TimeInterval
        var invoice: InvoiceID
    }

    /// Two tries that failed, a day between them, and one that did not.
    private func story(_ number: Int) -> [Happened] {
        let (intent, invoice) = (PaymentIntentID("pi_\(number)"), InvoiceID("in_\(number)"))
        let failed = { (charge: String, after: TimeInterval) in
            Happened(
                object: .paymentIntent(
                    Said.intent(intent, "requires_payment_method", failure: Said.declined(ChargeID("\(charge)_\(number)")))),
                type: "payment_intent.payment_failed", after: after, invoice: invoice)
        }
        let counted = { (count: Int, next: TimeInterval?, after: TimeInterval) in
            var facts = Said.paidInvoice(invoice)
            (facts.status, facts.amountPaid, facts.attemptCount) = ("open", 0, count)
            facts.nextPaymentAttempt = next.map { CheckoutBench.time.addingTimeInterval($0) }
            return Happened(object: .invoice(facts), type: "invoice.payment_failed", after: after, invoice: invoice)
        }
        return [
            failed("ch_a", 0), counted(1, 86_400, 1), failed("ch_b", 86_400), counted(2, nil, 86_401),
            Happened(
                object: .paymentIntent(Said.intent(intent, "succeeded", latestCharge: ChargeID("ch_c_\(number)"))),
                type: "payment_intent.succeeded", after: 90_000, invoice: invoice),
        ]
    }

    /// Its invoice is paid by now, as a reading of it says.
    private func hear(_ event: Happened, _ bench: CheckoutBench) async throws {
        let time = CheckoutBench.time.addingTimeInterval(event.after)
        var prepared = ApplyStripeObject.Prepared(
            object: event.object, heard: .event("evt_1", type: event.type, created: time), owner: .user("user_1"), collects: event.invoice)
        if case .invoice = event.object { prepared.invoice = Snapshot(facts: Said.paidInvoice(event.invoice), origin: .known) }
        let result = try await bench.outbox.transaction { [prepared] work in try await bench.objects.apply(prepared, in: work) }
        #expect(result == .applied("user_1"))
    }
}
