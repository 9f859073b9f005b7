import Foundation
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

/// A payment shows what was collected, not what was tried: of a large seller's intents some fail with one card and succeed with another
/// method, at another amount or in another currency (Stripe's documentation, "The Payment Intents API", "Dynamic payment methods", "Adaptive
/// Pricing"). `payment_method_types` of an intent is a list of what was allowed; what was used stands in the charge.
@Suite("The word of a payment's highest state")
struct PaymentWordTests {
    private static func time(_ seconds: Double) -> Date { CheckoutBench.time.addingTimeInterval(seconds) }

    private static func intent(
        _ status: String, _ amount: Int64, _ currency: String, failed charge: ChargeID? = nil, metadata: [String: String]? = nil
    ) -> StripeObject {
        .paymentIntent(
            PaymentIntentFacts(
                id: "pi_1", customerID: "cus_1", status: status, currency: currency, amount: amount,
                amountReceived: status == "succeeded" ? amount : 0, latestChargeID: charge,
                lastFailure: status == "succeeded" ? nil : charge.map { PaymentFailure(chargeID: $0, code: "card_declined") },
                metadata: metadata, created: time(-10)))
    }

    private static func charge(_ id: ChargeID, _ status: String, _ amount: Int64, _ currency: String, _ method: String) -> StripeObject {
        .charge(
            ChargeFacts(
                id: id, paymentIntentID: "pi_1", customerID: "cus_1", status: status, currency: currency, amount: amount,
                paymentMethodType: method, created: time(-1)))
    }

    /// One event.
    private struct Told: Sendable {
        var object: StripeObject
        var type: String
        var at: Double
    }

    /// Hears the events in every order, each twice, and expects the same row.
    private func expect(_ expected: String, of events: [Told], _ columns: Query) async throws {
        try await CheckoutBench.run { bench, _ in
            for order in permutations(Array(events.indices)) {
                try await #require(TestDatabase.current).owner(of: "checkout").query("TRUNCATE payments CASCADE")
                for event in (order + order).map({ events[$0] }) {
                    try await bench.apply(event.object, created: Self.time(event.at), type: event.type, event: EventID("evt_\(event.at)"))
                }
                try await #expect(bench.value("SELECT concat_ws(' ', \(query: columns)) FROM payments") == expected, "\(order)")
            }
        }
    }

    private static let tries = [
        Told(object: charge("ch_1", "failed", 1900, "usd", "card"), type: "charge.failed", at: 0),
        Told(
            object: intent("requires_payment_method", 1900, "usd", failed: "ch_1"), type: "payment_intent.payment_failed", at: 0),
        Told(object: charge("ch_2", "succeeded", 1799, "eur", "link"), type: "charge.succeeded", at: 60),
        Told(object: intent("succeeded", 1799, "eur", failed: "ch_2"), type: "payment_intent.succeeded", at: 61),
    ]

    @Test("amount, currency, method, charge and time are of the try that succeeded, in any order", .database)
    func success() async throws {
        try await expect(
            "succeeded 1799 eur link ch_2 61 ch_1", of: Self.tries,
            """
            status, amount, currency, payment_method, stripe_charge_id, extract(epoch FROM paid_at)::bigint - 1795406400,
            (SELECT string_agg(attempt_key, ',') FROM payment_attempts)
            """)
    }

    /// Of each payment Stripe tells by its charge and by its intent.
    @Test("that says what is known already is no news, and counts before what was said earlier", .database)
    func noNews() async throws {
        try await CheckoutBench.run { bench, _ in
            let charge = ChargeFacts(
                id: "ch_1", paymentIntentID: "pi_1", customerID: "cus_1", status: "succeeded", currency: "usd", amount: 1900,
                paymentMethodType: "card", created: Self.time(-10))
            for told in [
                Told(object: .charge(charge), type: "charge.succeeded", at: 60),
                Told(object: Self.intent("succeeded", 1900, "usd", failed: "ch_1"), type: "payment_intent.succeeded", at: 60),
            ] {
                try await bench.apply(told.object, created: Self.time(told.at), type: told.type, event: EventID("evt_\(told.type)"))
            }
            try await #expect(bench.value("SELECT count(*)::text FROM outbox WHERE routing_key = 'payment.recorded.v1'") == "1")
            let trail = try await #require(TestDatabase.current).owner(of: "checkout").query(
                "SELECT action FROM audit_log WHERE object_type = 'payment'")
            try #expect(trail.map { try $0.get("action", as: String.self) } == ["payment.recorded"])
            try await #expect(
                bench.value("SELECT concat_ws(' ', version, (extract(epoch FROM word_at) - 1795406400)::numeric(9, 1)) FROM payments")
                    == "1 60.5")
        }
    }

    @Test("a success that names no method has none, rather than that of a failure", .database)
    func unknownMethod() async throws {
        try await expect(
            "succeeded 1799 eur -", of: [Self.tries[0], Self.tries[1], Self.tries[3]],
            "status, amount, currency, coalesce(payment_method, '-')")
    }

    @Test("the method is the charge's, whatever its intent says of it", .database)
    func methodOfCharge() async throws {
        var facts = PaymentIntentFacts(
            id: "pi_1", customerID: "cus_1", status: "requires_payment_method", currency: "usd", amount: 1900, created: Self.time(-10))
        facts.paymentMethodType = "card"
        facts.lastFailure = PaymentFailure(chargeID: "ch_1", code: "card_declined", paymentMethodType: "card")
        let intent = Told(object: .paymentIntent(facts), type: "payment_intent.payment_failed", at: 5)
        try await expect("card", of: [intent], "payment_method")
        let charge = Told(object: Self.charge("ch_1", "failed", 1900, "usd", "link"), type: "charge.failed", at: 0)
        try await expect("link", of: [intent, charge], "payment_method")
    }

    @Test("among failures the later one speaks", .database)
    func failures() async throws {
        let later = [
            Told(object: Self.charge("ch_3", "failed", 2100, "eur", "cashapp"), type: "charge.failed", at: 30),
            Told(
                object: Self.intent("requires_payment_method", 2100, "eur", failed: "ch_3"), type: "payment_intent.payment_failed", at: 30),
        ]
        try await expect(
            "failed 2100 eur cashapp - 2", of: Array(Self.tries.prefix(2)) + later,
            "status, amount, currency, payment_method, coalesce(paid_at::text, '-'), (SELECT count(*) FROM payment_attempts)")
    }

    @Test("money that takes days is paid when it is there, and knows its method meanwhile", .database)
    func delayed() async throws {
        let events = [
            Told(object: Self.charge("ch_1", "pending", 1900, "eur", "sepa_debit"), type: "charge.pending", at: 0),
            Told(object: Self.intent("processing", 1900, "eur"), type: "payment_intent.processing", at: 0),
        ]
        try await expect("pending sepa_debit -", of: events, "status, payment_method, coalesce(paid_at::text, '-')")
        let days = 5 * 86_400.0
        try await expect(
            "succeeded sepa_debit 432000",
            of: events + [
                Told(object: Self.charge("ch_1", "succeeded", 1900, "eur", "sepa_debit"), type: "charge.succeeded", at: days),
                Told(object: Self.intent("succeeded", 1900, "eur", failed: "ch_1"), type: "payment_intent.succeeded", at: days),
            ], "status, payment_method, extract(epoch FROM paid_at)::bigint - 1795406400")
    }

    @Test("money that is only reserved is not collected", .database)
    func reserved() async throws {
        var reserved = ChargeFacts(
            id: "ch_1", paymentIntentID: "pi_1", customerID: "cus_1", status: "succeeded", currency: "usd", amount: 1900,
            isCaptured: false, created: Self.time(0))
        var events = [Told(object: .charge(reserved), type: "charge.succeeded", at: 0)]
        try await expect("pending 1900", of: events, "status, amount")
        (reserved.isCaptured, reserved.amountCaptured) = (true, 1500)
        events.append(Told(object: .charge(reserved), type: "charge.succeeded", at: 5))
        try await expect("succeeded 1500", of: events, "status, amount")
    }

    @Test("metadata is the collecting try's, with the invoice's beneath it", .database)
    func metadata() async throws {
        try await CheckoutBench.run { bench, _ in
            var invoice = Said.paidInvoice("in_1")
            invoice.metadata = ["user_id": "user_1", "planTier": "a b"]
            let failed = Self.intent("requires_payment_method", 1900, "usd", failed: "ch_1", metadata: ["campaign": "june", "try": "1"])
            let paid = Self.intent("succeeded", 1900, "usd", failed: "ch_2", metadata: ["try": "2"])
            let words: [(StripeObject, Double)] = [(failed, 0), (paid, 60), (.invoice(invoice), 61)]
            for order in permutations(words) {
                try await #require(TestDatabase.current).owner(of: "checkout").query(
                    "TRUNCATE payments, invoices, invoice_payments CASCADE")
                for (object, at) in order + order { try await bench.apply(object, invoice: "in_1", created: Self.time(at)) }
                try await #expect(
                    bench.value("SELECT metadata FROM payments") == #"{"try": "2", "user_id": "user_1", "planTier": "a b"}"#)
            }
        }
    }
}
