import Foundation
import Models
import TestKit
import Testing

@testable import Checkout

@Suite("What is heard about one collection of money")
struct PaymentUpdateTests {
    private static let time = CheckoutBench.time

    @Test(
        "an invoice that is open, or settled without money, is no payment",
        arguments: [("open", Int64(0)), ("paid", 0), ("draft", 1900), ("void", 0)])
    func noPayment(status: String, paid: Int64) {
        let invoice = InvoiceFacts(id: "in_1", status: status, currency: "usd", amountPaid: paid, created: Self.time)
        #expect(PaymentUpdate(paid: invoice, at: Self.time) == nil)
    }

    @Test("the intent's word on the amount counts before its charge's, whoever comes first")
    func amounts() throws {
        var charge = Said.failedCharge("ch_1", of: "pi_1")
        charge.amount = 500
        let update = try #require(PaymentUpdate(charge, at: Self.time))
        let intent = PaymentUpdate(
            Said.intent("pi_1", "requires_payment_method", failure: Said.declined("ch_1")), at: Self.time)
        #expect(PaymentRow(first: update).hearing(intent).amount == 1900)
        #expect(PaymentRow(first: intent).hearing(update).amount == 1900)
    }
}

@Suite("The rows of one invoice")
struct PaymentGroupTests {
    /// A thing that is heard, with the intent whose join is known from then on.
    private struct Word {
        var update: PaymentUpdate
        var joins: PaymentIntentID?
    }

    /// The table as it would be, and all that has been joined.
    private struct Table {
        var rows: [PaymentRow] = []
        var joined: [PaymentIntentID] = []
        private var made = 0

        mutating func hear(_ word: Word) {
            if let intent = word.joins, !joined.contains(intent) { joined.append(intent) }
            var group = PaymentGroup(invoice: "in_1", joined: joined, rows: rows)
            group.hear(word.update)
            rows = group.rows
            for index in rows.indices where !rows[index].isStored {
                made += 1
                rows[index].id = PaymentID("pay_\(made)")
            }
        }

        var collected: Int64 { rows.filter { $0.status == .succeeded }.reduce(0) { $0 + $1.amount } }

        /// Everything but the ids, which depend on who came first.
        var summary: [String] {
            rows.map { row in
                let names = "\(row.paymentIntentID?.rawValue ?? "-") \(row.invoiceID?.rawValue ?? "-") \(row.plan?.rawValue ?? "-")"
                return "\(names) \(row.status.rawValue) \(row.amount) \(Int(row.createdAt.timeIntervalSince(CheckoutBench.time)))"
            }.sorted()
        }
    }

    private static func intent(_ id: PaymentIntentID, _ status: String, failed charge: ChargeID? = nil) -> Word {
        Word(update: PaymentUpdate(Said.intent(id, status, failure: charge.map { Said.declined($0) }), at: CheckoutBench.time), joins: id)
    }

    private static func invoice() throws -> Word {
        Word(update: try #require(PaymentUpdate(paid: Said.paidInvoice("in_1"), at: CheckoutBench.time)))
    }

    /// Hears the words in every order, each twice, and expects the same rows; no money is ever counted twice.
    private func expect(_ summary: [String], of words: [Word]) {
        for order in permutations(words) {
            var table = Table()
            for word in order + order {
                table.hear(word)
                #expect(table.collected <= 1900)
                #expect(Set(table.rows.compactMap(\.invoiceID)).count == table.rows.compactMap(\.invoiceID).count)
            }
            #expect(table.summary == summary)
        }
    }

    @Test("one intent that fails once and succeeds ends as one row, in any order")
    func oneIntent() throws {
        let charge = Word(
            update: try #require(PaymentUpdate(Said.failedCharge("ch_1", of: "pi_1"), at: CheckoutBench.time)), joins: "pi_1")
        expect(
            ["pi_1 in_1 - succeeded 1900 0"],
            of: [
                Self.intent("pi_1", "requires_payment_method", failed: "ch_1"), charge, Self.intent("pi_1", "processing"),
                Self.intent("pi_1", "succeeded"), try Self.invoice(),
            ])
    }

    /// Found by the simulation: a debit was begun while a subscription ran and paid after it had ended. Its events were lost, and the read of the
    /// intent (whose charge is as old as the debit) made the money look as if it had come in time: nobody was told of it any more.
    @Test("a debit was paid when its invoice was, and not when it was begun, in any order")
    func paidLater() throws {
        var read = Said.intent("pi_1", "succeeded")
        read.chargedAt = CheckoutBench.time
        let later = CheckoutBench.time.addingTimeInterval(4 * 86_400)
        var paid = Said.paidInvoice("in_1")
        paid.paidAt = later
        let words = [
            Self.intent("pi_1", "processing"), Word(update: PaymentUpdate(read, at: later.addingTimeInterval(60)), joins: "pi_1"),
            Word(update: try #require(PaymentUpdate(paid: paid, at: later))),
        ]
        for order in permutations(words) {
            var table = Table()
            for word in order { table.hear(word) }
            #expect(table.rows.map(\.paidAt) == [later])
        }
    }

    @Test("of two intents the one that paid succeeded, and the other did not, in any order")
    func twoIntents() throws {
        expect(
            ["pi_1 - - canceled 1900 0", "pi_2 in_1 - succeeded 1900 0"],
            of: [
                Self.intent("pi_1", "requires_payment_method", failed: "ch_1"), Self.intent("pi_1", "canceled"),
                Self.intent("pi_2", "requires_payment_method", failed: "ch_2"), Self.intent("pi_2", "succeeded"), try Self.invoice(),
            ])
    }

    @Test("an invoice that is paid outside Stripe is a row of its own beside the intent that was not")
    func outside() throws {
        expect(
            ["- in_1 - succeeded 1900 -60", "pi_1 - - canceled 1900 0"],
            of: [
                Self.intent("pi_1", "requires_payment_method", failed: "ch_1"), Self.intent("pi_1", "canceled"), try Self.invoice(),
            ])
    }

    @Test("until its one intent has spoken, a paid invoice's row names it")
    func silentIntent() throws {
        var table = Table()
        table.joined = ["pi_1"]
        table.hear(try Self.invoice())
        #expect(table.rows.map(\.paymentIntentID) == ["pi_1"])
        #expect(table.rows.map(\.byInvoice) == [true])
        table.hear(Self.intent("pi_1", "succeeded"))
        #expect(table.rows.map(\.id) == ["pay_1"])
        #expect(table.rows.map(\.byInvoice) == [false])
    }
}
