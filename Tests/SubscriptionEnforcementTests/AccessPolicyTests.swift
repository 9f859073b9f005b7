import Foundation
import Models
import Testing

@testable import SubscriptionEnforcement

@Suite("The access policy")
struct AccessPolicyTests {
    static let time = Date(timeIntervalSince1970: 1_767_261_600)
    private let policy = AccessPolicy()

    static func reading(
        _ status: SubscriptionStatus, id: SubscriptionID = "sub_1", attempts: Int? = nil, next: Bool = false, paid: Bool = false,
        reason: String? = nil, age: TimeInterval = 0, counts: Bool = true
    ) -> AccessPolicy.Reading {
        let invoice = attempts.map {
            InvoiceFacts(
                id: "in_1", status: paid ? "paid" : "open", currency: "usd", attemptCount: $0,
                nextPaymentAttempt: next ? time.addingTimeInterval(86_400) : nil, created: time)
        }
        let facts = SubscriptionFacts(
            id: id, customerID: "cus_1", status: status, currentPeriodEnd: time.addingTimeInterval(86_400), cancellationReason: reason,
            latestInvoiceID: "in_1", created: time.addingTimeInterval(-age))
        return .init(subscription: facts, plan: counts ? .basic : nil, counts: counts, invoice: invoice)
    }

    @Test(
        "gives each of Stripe's statuses its word",
        arguments: [
            (SubscriptionStatus.active, AccessPolicy.Word.on), (.trialing, .on), (.unpaid, .off(.unpaid)), (.paused, .off(.paused)),
            (.canceled, .off(.canceled)), (.incompleteExpired, .off(.incompleteExpired)), (.incomplete, .nothing),
        ])
    func statuses(status: SubscriptionStatus, word: AccessPolicy.Word) {
        #expect(policy.word(of: Self.reading(status)) == word)
    }

    @Test("what is to no plan says nothing, whatever its status", arguments: Array(SubscriptionStatus.known))
    func otherProduct(status: SubscriptionStatus) {
        #expect(policy.word(of: Self.reading(status, attempts: 4, counts: false)) == .nothing)
        guard case .undecided = policy.verdict([Self.reading(status, counts: false)]) else {
            Issue.record("\(status.rawValue) of another product decided something")
            return
        }
        let ended = Self.reading(.canceled, id: "sub_2", age: 100)
        #expect(policy.verdict([Self.reading(status, counts: false), ended]) == .off(.canceled, ended))
    }

    @Test("says that the payment failed when that ended the subscription")
    func endedByFailure() {
        #expect(policy.word(of: Self.reading(.canceled, reason: "payment_failed")) == .off(.paymentFailed))
    }

    @Test("past_due runs while attempts are left and one is planned", arguments: 0...8, [true, false])
    func pastDue(attempts: Int, isPlanned: Bool) {
        let word = policy.word(of: Self.reading(.pastDue, attempts: attempts, next: isPlanned))
        #expect(word == (attempts < 4 && isPlanned ? .on : .off(.paymentFailed)))
    }

    @Test("past_due with a settled invoice has been paid")
    func pastDuePaid() {
        #expect(policy.word(of: Self.reading(.pastDue, attempts: 4, paid: true)) == .on)
    }

    @Test("cannot judge what it does not know", arguments: [SubscriptionStatus(rawValue: "some_future_status"), .pastDue])
    func unknown(status: SubscriptionStatus) {
        guard case .unknown = policy.word(of: Self.reading(status)) else {
            Issue.record("\(status.rawValue) was judged")
            return
        }
    }

    @Test("knows every status that Stripe documents, and only those")
    func complete() {
        for status in SubscriptionStatus.known {
            if case .unknown = policy.word(of: Self.reading(status, attempts: 1, next: true)) {
                Issue.record("\(status.rawValue) is not judged")
            }
        }
    }

    @Test("one subscription that runs is enough, whatever the others say, in any order")
    func anyOn() {
        let readings = [Self.reading(.canceled, id: "sub_1"), Self.reading(.active, id: "sub_2"), Self.reading(.unpaid, id: "sub_3")]
        for shift in 0..<3 {
            let turned = Array(readings[shift...] + readings[..<shift])
            #expect(policy.verdict(turned) == .on(readings[1]))
        }
    }

    @Test("nobody is off while one subscription cannot be judged")
    func undecided() {
        let verdict = policy.verdict([Self.reading(.canceled, id: "sub_1"), Self.reading(SubscriptionStatus(rawValue: "new"), id: "sub_2")])
        guard case .undecided = verdict else {
            Issue.record("it was decided: \(verdict)")
            return
        }
    }

    @Test("absence is never evidence")
    func nothingFound() {
        guard case .undecided = policy.verdict([]) else {
            Issue.record("nothing was taken for something")
            return
        }
    }

    @Test("the newest subscription gives the reason")
    func newestReason() {
        let old = Self.reading(.canceled, id: "sub_1", age: 100)
        let new = Self.reading(.unpaid, id: "sub_2")
        #expect(policy.verdict([old, new]) == .off(.unpaid, new))
    }
}
