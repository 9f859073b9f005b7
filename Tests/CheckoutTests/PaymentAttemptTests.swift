import Foundation
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

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
            try await #expect(PaymentAttempts.latest(of: "in_1", in: bench.pool)?.code == "expired_card")
        }
    }
}
