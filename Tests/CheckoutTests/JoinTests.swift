import Foundation
import HTTPTestKit
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

/// Since 2025-03-31 neither an intent nor an invoice names the other, and Checkout makes the invoice after the payment (Stripe's changelog,
/// "Checkout Sessions have lower latency and new update semantics").
@Suite("Which intent collects which invoice")
struct JoinTests {
    private static let success = StripeObject.paymentIntent(Said.intent("pi_1", "succeeded"))
    private static let failure = StripeObject.paymentIntent(
        Said.intent("pi_1", "requires_payment_method", failure: Said.declined("ch_1")))
    private static let paid = StripeObject.invoice(Said.paidInvoice("in_1"))
    private static let rows: Query = """
        SELECT string_agg(concat_ws(' ', stripe_payment_intent_id, stripe_invoice_id, status, plan_id), ', '
                          ORDER BY stripe_payment_intent_id) FROM payments
        """
    private static let joined = Answered.list(Answered.join("pi_1", "in_1"))

    @Test("an intent that is heard before its invoice exists asks nobody; the invoice does, once", .database)
    func intentFirst() async throws {
        try await CheckoutBench.run([Self.joined]) { bench, stub in
            try await bench.link()
            try await bench.hear(Self.success, "payment_intent.succeeded")
            try await #expect(bench.value(Self.rows) == "pi_1 succeeded")
            for type in ["invoice.paid", "invoice.payment_succeeded"] { try await bench.hear(Self.paid, type) }
            try await #expect(bench.value(Self.rows) == "pi_1 in_1 succeeded basic")
            #expect(stub.received.map(\.target) == ["/v1/invoice_payments?invoice=in_1&limit=100"])
        }
    }

    @Test("an invoice that is heard first asks as well, and its intent is the same payment", .database)
    func invoiceFirst() async throws {
        try await CheckoutBench.run([Self.joined]) { bench, _ in
            try await bench.link()
            try await bench.hear(Self.paid, "invoice.paid")
            try await bench.hear(Self.success, "payment_intent.succeeded")
            try await #expect(bench.value(Self.rows) == "pi_1 in_1 succeeded basic")
        }
    }

    @Test("a young invoice whose payment Stripe does not name yet waits, and is one payment in the end", .database)
    func tooEarly() async throws {
        try await CheckoutBench.run([Answered.list(), Answered.list(), Self.joined]) { bench, _ in
            try await bench.link()
            try await bench.hear(Self.success, "payment_intent.succeeded")
            for _ in 1...2 {
                await #expect(throws: JoinPayments.NotNamedYet.self) { try await bench.hear(Self.paid, "invoice.paid", created: Date()) }
                try await #expect(bench.value(Self.rows) == "pi_1 succeeded")
            }
            try await bench.hear(Self.paid, "invoice.paid", created: Date())
            try await #expect(bench.value(Self.rows) == "pi_1 in_1 succeeded basic")
        }
    }

    @Test("an old one does not wait; the intent that it lacks asks when it is heard, and the two become one", .database)
    func neverNamed() async throws {
        try await CheckoutBench.run([Answered.list(), Self.joined]) { bench, stub in
            try await bench.link()
            try await bench.hear(Self.paid, "invoice.paid")
            try await #expect(bench.value(Self.rows) == "in_1 succeeded basic")
            try await bench.hear(Self.success, "payment_intent.succeeded")
            try await #expect(bench.value(Self.rows) == "pi_1 in_1 succeeded basic")
            #expect(stub.received[1].target.contains("payment_intent%5D=pi_1"))
        }
    }

    @Test("of an invoice with a failed and a paying intent both are found, whichever was known", .database)
    func severalIntents() async throws {
        let list = Answered.list(Answered.join("pi_1", "in_1"), Answered.join("pi_2", "in_1"))
        try await CheckoutBench.run([list]) { bench, stub in
            try await bench.link()
            try await bench.apply(Self.failure, invoice: "in_1", type: "payment_intent.payment_failed")
            try await bench.hear(.paymentIntent(Said.intent("pi_2", "succeeded")), "payment_intent.succeeded")
            try await bench.hear(Self.paid, "invoice.paid")
            try await #expect(bench.value(Self.rows) == "pi_1 failed basic, pi_2 in_1 succeeded basic")
            #expect(stub.received.count == 1)
        }
    }

    @Test("an invoice that could not be collected asks whose attempts they were", .database)
    func failedAttempt() async throws {
        try await CheckoutBench.run([Self.joined]) { bench, _ in
            try await bench.link()
            try await bench.hear(Self.failure, "payment_intent.payment_failed")
            var open = Said.paidInvoice("in_1")
            (open.status, open.amountPaid, open.attemptCount) = ("open", 0, 1)
            try await bench.hear(.invoice(open), "invoice.payment_failed")
            try await #expect(bench.latestFailure(of: "in_1") == "card_declined")
        }
    }

    @Test("a session finds the payment of the invoice that came of it, and tells it the plan", .database)
    func bySession() async throws {
        try await CheckoutBench.run([Self.joined]) { bench, _ in
            try await bench.link()
            try await bench.hear(Self.success, "payment_intent.succeeded")
            var session = Said.session("complete", subscription: "sub_1")
            (session.invoiceID, session.plan) = ("in_1", .premium)
            try await bench.hear(.checkoutSession(session), "checkout.session.completed")
            try await #expect(bench.value(Self.rows) == "pi_1 in_1 succeeded premium")
            try await #expect(bench.value("SELECT stripe_checkout_session_id || stripe_subscription_id FROM payments") == "cs_1sub_1")
        }
    }

    @Test("nobody asks about an invoice of nothing, one paid elsewhere, or where the names are there", .database)
    func notAsked() async throws {
        try await CheckoutBench.run { bench, stub in
            try await bench.link()
            var free = Said.paidInvoice("in_2")
            free.amountPaid = 0
            var elsewhere = Said.paidInvoice("in_3")
            elsewhere.paidOutOfBand = true
            for invoice in [free, elsewhere, Said.paidInvoice("in_4", intent: "pi_4")] {
                try await bench.hear(.invoice(invoice), "invoice.paid")
            }
            try await bench.hear(.paymentIntent(Said.intent("pi_5", "succeeded", invoice: "in_5")), "payment_intent.succeeded")
            #expect(stub.received.isEmpty)
        }
    }

    @Test("a charge without an intent collects the invoice that it names, in any order, each word twice", .database)
    func chargeAlone() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.link()
            for (number, order) in permutations(Array(0..<3)).enumerated() {
                let (invoice, charge) = (InvoiceID("in_\(number)"), ChargeID("ch_\(number)"))
                var billed = Said.paidInvoice(invoice)
                billed.chargeID = charge
                let payment = InvoicePaymentFacts(
                    id: "inpay_1", invoiceID: invoice, paymentIntentID: nil, chargeID: charge, status: "paid", amountPaid: 1900,
                    currency: "usd")
                let paying = ChargeFacts(
                    id: charge, customerID: "cus_1", invoiceID: invoice, status: "succeeded", currency: "usd", amount: 1900,
                    paymentMethodType: "sepa_debit", created: CheckoutBench.time)
                let words: [(StripeObject, String)] = [
                    (.invoice(billed), "invoice.paid"), (.charge(paying), "charge.succeeded"),
                    (.invoicePayment(payment), "invoice_payment.paid"),
                ]
                for (object, type) in (order + order).map({ words[$0] }) { try await bench.hear(object, type) }
                let row: Query = """
                    SELECT string_agg(concat_ws(' ', stripe_charge_id, stripe_invoice_id, status, amount, payment_method, plan_id), ', ')
                    FROM payments WHERE stripe_invoice_id = \(invoice)
                    """
                try await #expect(bench.value(row) == "\(charge) \(invoice) succeeded 1900 sepa_debit basic", "\(order)")
            }
        }
    }
}
