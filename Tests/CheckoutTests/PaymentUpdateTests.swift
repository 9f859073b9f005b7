import Foundation
import Models
import Testing

@testable import Checkout

@Suite("What is heard about one collection of money")
struct PaymentUpdateTests {
    private static let time = Date(timeIntervalSince1970: 1_767_261_600)

    private static func intent(_ status: String, failed: Bool = false, received: Int64 = 0) -> PaymentUpdate {
        PaymentUpdate(
            PaymentIntentFacts(
                id: "pi_1", customerID: "cus_1", status: status, currency: "usd", amount: 1900, amountReceived: received,
                paymentMethodType: "card", lastFailure: failed ? PaymentFailure(chargeID: "ch_1") : nil, created: time))
    }

    /// All that Stripe says of a renewal that fails once and is then collected.
    private static func updates() throws -> [PaymentUpdate] {
        var invoice = try #require(
            PaymentUpdate(
                paid: InvoiceFacts(
                    id: "in_1", customerID: "cus_1", subscriptionID: "sub_1", status: "paid", currency: "usd", amountPaid: 1900,
                    paymentIntentID: "pi_1", created: time.addingTimeInterval(-60)), plan: .basic))
        invoice.userID = "user_1"
        return [
            intent("requires_payment_method", failed: true), intent("processing"), intent("succeeded", received: 1900), invoice,
        ]
    }

    @Test("gives the same row in any order, with everything in it")
    func anyOrder() throws {
        let expected = try Self.row(hearing: Self.updates())
        #expect(expected.status == .succeeded)
        #expect(expected.amount == 1900)
        #expect(expected.subscriptionID == "sub_1")
        #expect(expected.plan == .basic)
        #expect(expected.createdAt == Self.time.addingTimeInterval(-60))
        for order in permutations(try Self.updates()) {
            var row = try Self.row(hearing: order + order)
            row.updatedAt = expected.updatedAt
            #expect(row == expected)
        }
    }

    @Test("the intent's word on the amount counts before the invoice's")
    func amounts() throws {
        let invoice = try #require(
            PaymentUpdate(paid: InvoiceFacts(id: "in_1", status: "paid", currency: "usd", amountPaid: 1900, created: Self.time), plan: nil))
        let intent = Self.intent("succeeded", received: 1500)
        #expect(try Self.row(hearing: [invoice, intent]).amount == 1500)
        #expect(try Self.row(hearing: [intent, invoice]).amount == 1500)
    }

    @Test(
        "an invoice that is open, or settled without money, is no payment",
        arguments: [("open", Int64(0)), ("paid", 0), ("draft", 1900), ("void", 0)])
    func noPayment(status: String, paid: Int64) {
        let invoice = InvoiceFacts(id: "in_1", status: status, currency: "usd", amountPaid: paid, created: Self.time)
        #expect(PaymentUpdate(paid: invoice, plan: nil) == nil)
    }

    private static func row(hearing updates: [PaymentUpdate]) throws -> PaymentRow {
        let first = try #require(updates.first)
        return updates.dropFirst().reduce(PaymentRow(first: first)) { $0.hearing($1) }
    }

    private func permutations(_ updates: [PaymentUpdate]) -> [[PaymentUpdate]] {
        guard updates.count > 1 else { return [updates] }
        return updates.indices.flatMap { index -> [[PaymentUpdate]] in
            var rest = updates
            let chosen = rest.remove(at: index)
            return permutations(rest).map { [chosen] + $0 }
        }
    }
}
