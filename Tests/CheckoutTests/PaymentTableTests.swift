import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("Payments in the table")
struct PaymentTableTests {
    /// What is heard in the shapes since 2025-03-31 or, where intent and invoice name each other, before.
    private static func words(_ number: Int, namingEachOther: Bool) -> [(StripeObject, InvoiceID)] {
        let invoice = InvoiceID("in_\(number)")
        let (first, second) = (PaymentIntentID("pi_\(number)_1"), PaymentIntentID("pi_\(number)_2"))
        let named = namingEachOther ? invoice : nil
        let failure = Said.declined(ChargeID("ch_\(number)"))
        return [
            (.paymentIntent(Said.intent(first, "requires_payment_method", failure: failure, invoice: named)), invoice),
            (.paymentIntent(Said.intent(second, "succeeded", invoice: named)), invoice),
            (.invoice(Said.paidInvoice(invoice, intent: namingEachOther ? second : nil)), invoice),
            (.invoicePayment(Said.join(second, invoice)), invoice),
        ]
    }

    @Test("an invoice that its second intent paid counts once, in any order, each word twice", .database, arguments: [false, true])
    func severalIntents(namingEachOther: Bool) async throws {
        try await CheckoutBench.run { bench, _ in
            for (number, order) in permutations(Array(0..<4)).enumerated() {
                let words = Self.words(number, namingEachOther: namingEachOther)
                for (object, invoice) in (order + order).map({ words[$0] }) {
                    try await bench.apply(object, invoice: invoice)
                    try await #expect(
                        bench.value("SELECT coalesce(sum(amount), 0) <= 1900 FROM payments WHERE \(query: Self.paid(number))") == "true")
                }
                try await #expect(
                    bench.value(Self.summary(number))
                        == "pi_\(number)_1 failed 1900 - sub_1 basic, pi_\(number)_2 succeeded 1900 in_\(number) sub_1 basic", "\(order)")
                let attempts: Query = "SELECT count(*) FROM payment_attempts WHERE stripe_payment_intent_id = \("pi_\(number)_1")"
                try await #expect(bench.value(attempts) == "1")
            }
        }
    }

    private static func paid(_ number: Int) -> Query {
        "status = 'succeeded' AND (stripe_invoice_id = \("in_\(number)") OR stripe_payment_intent_id LIKE \("pi_\(number)\\_%"))"
    }

    private static func summary(_ number: Int) -> Query {
        """
        SELECT string_agg(concat_ws(' ', stripe_payment_intent_id, status, amount, coalesce(stripe_invoice_id, '-'),
                                    stripe_subscription_id, plan_id), ', ' ORDER BY stripe_payment_intent_id)
        FROM payments WHERE stripe_invoice_id = \("in_\(number)") OR stripe_payment_intent_id LIKE \("pi_\(number)\\_%")
        """
    }

    @Test("two rows that prove to be one keep the earlier id, and attempts follow with their user", .database)
    func merge() async throws {
        try await CheckoutBench.run { bench, _ in
            try await bench.apply(.invoice(Said.paidInvoice("in_1")))
            let earlier = try await #require(bench.value("SELECT id FROM payments"))
            let failed = Said.intent("pi_1", "requires_payment_method", failure: Said.declined("ch_1"))
            try await bench.apply(.paymentIntent(failed), invoice: "in_1")
            try await #expect(bench.value("SELECT count(*) FROM payments") == "2")
            try await bench.pool.query("UPDATE payment_attempts SET user_id = NULL")
            try await bench.apply(.paymentIntent(Said.intent("pi_1", "succeeded")))
            let payment = try await bench.value("SELECT concat_ws(' ', id, status, stripe_payment_intent_id) FROM payments")
            #expect(payment == "\(earlier) succeeded pi_1")
            try await #expect(bench.value("SELECT concat_ws(' ', payment_id, user_id) FROM payment_attempts") == "\(earlier) user_1")
            let last = try await bench.pool.query("SELECT body FROM outbox WHERE routing_key = \(PaymentRecorded.key) ORDER BY id")
            let told = try last.map { try WireJSON.decode(CloudEvent<PaymentRecorded>.self, from: $0.get("body")).data.mergedInto }
            #expect(told.compactMap(\.self) == [PaymentID(earlier)], "the others are told once")
        }
    }

    @Test("a payment whose user is found out gives it to its attempts", .database)
    func claimed() async throws {
        try await CheckoutBench.run { bench, _ in
            let failed = Said.intent("pi_1", "requires_payment_method", failure: Said.declined("ch_1"))
            try await bench.apply(.paymentIntent(failed))
            try await bench.pool.query("UPDATE payments SET user_id = NULL")
            try await bench.pool.query("UPDATE payment_attempts SET user_id = NULL")
            try await bench.apply(.checkoutSession(Said.session("complete", mode: "payment", intent: "pi_1")))
            try await #expect(bench.value("SELECT user_id FROM payments") == "user_1")
            try await #expect(bench.value("SELECT user_id FROM payment_attempts") == "user_1")
        }
    }
}
