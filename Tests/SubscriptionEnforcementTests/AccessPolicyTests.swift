import Foundation
import Models
import Testing

@testable import SubscriptionEnforcement

/// What a policy is asked about in these tests.
enum Asked {
    static let now = Date(timeIntervalSince1970: 1_767_261_600)
    static func day(_ days: Double) -> Date { now.addingTimeInterval(days * 86_400) }

    static func subscription(
        _ status: SubscriptionStatus, id: SubscriptionID = "sub_1", cancelAt: Date? = nil, reason: String? = nil,
        pause: PauseCollection? = nil, age: TimeInterval = 0
    ) -> SubscriptionFacts {
        SubscriptionFacts(
            id: id, customerID: "cus_1", status: status, currentPeriodEnd: day(20), cancelAt: cancelAt, cancellationReason: reason,
            pauseCollection: pause, latestInvoiceID: "in_1", trialEnd: status == .trialing ? day(10) : nil,
            created: now.addingTimeInterval(-age))
    }

    static func reading(
        _ status: SubscriptionStatus, id: SubscriptionID = "sub_1", cancelAt: Date? = nil, reason: String? = nil,
        pause: PauseCollection? = nil, invoices: [InvoiceReading] = [], counts: Bool = true, endRequested: EndReason? = nil,
        age: TimeInterval = 0
    ) -> SubscriptionReading {
        SubscriptionReading(
            subscription: subscription(status, id: id, cancelAt: cancelAt, reason: reason, pause: pause, age: age),
            plan: counts ? .basic : nil, counts: counts, invoices: invoices, endRequested: endRequested)
    }

    static func invoice(
        _ id: InvoiceID = "in_1", _ status: String = "open", attempts: Int = 1, next: Date? = nil, method: String = "charge_automatically",
        due: Date? = nil, reason: String = "subscription_cycle", paid: Int64 = 0, created: Date = day(-5), serviceEnd: Date? = nil,
        of subscription: SubscriptionID? = "sub_1"
    ) -> InvoiceFacts {
        InvoiceFacts(
            id: id, subscriptionID: subscription, status: status, billingReason: reason, collectionMethod: method, dueDate: due,
            serviceEnd: serviceEnd, currency: "usd", amountDue: 1900, amountPaid: paid, attemptCount: attempts, nextPaymentAttempt: next,
            created: created)
    }

    static func finding(_ reading: SubscriptionReading) -> Finding {
        Finding(reading: reading, entitlement: AccessPolicy().entitlement(of: reading, at: now))
    }
}

@Suite("The access policy")
struct AccessPolicyTests {
    private typealias Entitlement = AccessPolicy.Entitlement
    private let policy = AccessPolicy()

    private func entitlement(of reading: SubscriptionReading) -> Entitlement { policy.entitlement(of: reading, at: Asked.now) }

    @Test(
        "says why whoever must not run must not",
        arguments: [
            (Asked.reading(.unpaid), StopReason.unpaid), (Asked.reading(.paused), .paused),
            (Asked.reading(.canceled), .canceled), (Asked.reading(.canceled, reason: "cancellation_requested"), .canceled),
            (Asked.reading(.canceled, reason: "payment_failed"), .paymentFailed),
            // Stripe's API reference, "The Subscription object", cancellation_details.reason.
            (Asked.reading(.canceled, reason: "payment_disputed"), .disputed),
            (Asked.reading(.canceled, reason: "cancellation_requested", endRequested: .disputeLost), .disputed),
            (Asked.reading(.canceled, reason: "cancellation_requested", endRequested: .fullRefund), .refunded),
            (Asked.reading(.incompleteExpired), .incompleteExpired),
            (Asked.reading(.active, pause: PauseCollection(behavior: "void")), .paused),
        ])
    func reasons(reading: SubscriptionReading, reason: StopReason) {
        #expect(entitlement(of: reading) == .ended(reason))
    }

    /// Each with days from now: until when it runs, and when to look again.
    private static let running: [(SubscriptionReading, Double, Double)] = {
        let retried = InvoiceReading(invoice: Asked.invoice(next: Asked.day(2)))
        let graceful = InvoiceReading(invoice: Asked.invoice(), firstFailedAt: Asked.day(-1))
        let flying = InvoiceReading(invoice: Asked.invoice(attempts: 9), inFlightSince: Asked.day(-20))
        let renewal = 20 + 1.0 / 24
        return [
            (Asked.reading(.active), 20, renewal), (Asked.reading(.active, cancelAt: Asked.day(3)), 3, 3),
            (Asked.reading(.active, cancelAt: Asked.day(20)), 20, 20), (Asked.reading(.trialing), 10, 10),
            (Asked.reading(.pastDue), 20, renewal), (Asked.reading(.pastDue, invoices: [retried]), 2, 2),
            (Asked.reading(.pastDue, cancelAt: Asked.day(1), invoices: [retried]), 1, 1),
            (Asked.reading(.pastDue, invoices: [graceful]), 2, 2), (Asked.reading(.pastDue, invoices: [graceful, retried]), 2, 2),
            (Asked.reading(.paused, invoices: [flying]), 1, 1),
        ]
    }()

    @Test("knows until when one runs, and when to look again", arguments: running)
    func until(reading: SubscriptionReading, until: Double, change: Double) {
        #expect(entitlement(of: reading) == .entitled(until: Asked.day(until), change: Asked.day(change)))
    }

    @Test("what is to no plan says nothing, whatever its status", arguments: Array(SubscriptionStatus.known))
    func otherProduct(status: SubscriptionStatus) {
        let other = Asked.finding(Asked.reading(status, counts: false))
        #expect(other.entitlement == .none)
        #expect(Verdict([other]) == .undecided("no subscription to a plan was found"))
        let ended = Asked.reading(.canceled, id: "sub_2", age: 100)
        #expect(Verdict([other, Asked.finding(ended)]) == .off(.canceled, ended))
    }

    @Test("cannot judge what it does not know")
    func unknown() {
        guard case .unknown = entitlement(of: Asked.reading(SubscriptionStatus(rawValue: "some_future_status"))) else {
            Issue.record("an unknown status was judged")
            return
        }
    }

    @Test("one subscription that runs is enough, whatever the others say, in any order")
    func anyOn() {
        let readings = [Asked.reading(.canceled, id: "sub_1"), Asked.reading(.active, id: "sub_2"), Asked.reading(.unpaid, id: "sub_3")]
        for shift in 0..<3 {
            let turned = (readings[shift...] + readings[..<shift]).map(Asked.finding)
            #expect(Verdict(turned) == .on(readings[1], until: Asked.day(20)))
        }
    }

    @Test("nobody is off while one subscription cannot be judged, and absence is never evidence")
    func undecided() {
        let unknown = Asked.reading(SubscriptionStatus(rawValue: "new"), id: "sub_2")
        for findings in [[Asked.finding(Asked.reading(.canceled)), Asked.finding(unknown)], []] {
            guard case .undecided = Verdict(findings) else {
                Issue.record("it was decided: \(Verdict(findings))")
                continue
            }
        }
    }

    @Test("the newest subscription gives the reason")
    func newestReason() {
        let (old, new) = (Asked.reading(.canceled, age: 100), Asked.reading(.unpaid, id: "sub_2"))
        #expect(Verdict([Asked.finding(old), Asked.finding(new)]) == .off(.unpaid, new))
    }
}

@Suite("The invoices that count")
struct OwedInvoicesTests {
    private func owed(_ invoices: InvoiceFacts...) -> [InvoiceID] {
        AccessPolicy.owed(invoices, of: Asked.subscription(.pastDue)).map(\.id)
    }

    @Test("are those of the subscription that are demanded and not paid")
    func owed() {
        #expect(
            owed(Asked.invoice("in_open"), Asked.invoice("in_written_off", "uncollectible", created: Asked.day(-40))) == [
                "in_open", "in_written_off",
            ])
        #expect(owed(Asked.invoice("in_mailed", method: "send_invoice", due: Asked.day(-9))) == ["in_mailed"])
        #expect(owed(Asked.invoice("in_draft", "draft", attempts: 0, next: Asked.day(0.04))) == [])
        #expect(owed(Asked.invoice("in_void", "void", attempts: 4)) == [])
        #expect(owed(Asked.invoice("in_paid", "paid", attempts: 4, paid: 1900)) == [])
        #expect(owed(Asked.invoice("in_never_tried", "uncollectible", attempts: 0)) == [])
        #expect(owed(Asked.invoice("in_by_hand", reason: "manual")) == [])
        #expect(owed(Asked.invoice("in_one_off", of: nil)) == [])
        #expect(owed(Asked.invoice("in_another", of: "sub_2")) == [])
    }

    /// Stripe calls a subscription active once its latest invoice is paid (Stripe's documentation, "How subscriptions work", statuses); what
    /// fails after that is a first failure again, whatever was written off before.
    @Test("are none that was written off before a later period was paid")
    func settled() {
        let old = Asked.invoice("in_1", "uncollectible", attempts: 4, serviceEnd: Asked.day(-30))
        let paid = Asked.invoice("in_2", "paid", paid: 1900, serviceEnd: Asked.day(0))
        let credit = Asked.invoice("in_3", "paid", paid: 0, serviceEnd: Asked.day(0))
        let new = Asked.invoice("in_4", next: Asked.day(1), created: Asked.day(-1), serviceEnd: Asked.day(30))
        #expect(owed(old, paid, new) == ["in_4"])
        #expect(owed(old, credit, new) == ["in_4", "in_1"], "an invoice of nothing settles nothing")
        let first = Asked.invoice("in_0", "paid", paid: 1900, serviceEnd: Asked.day(-60))
        #expect(owed(old, first, new) == ["in_4", "in_1"], "nor does an earlier period")
        let open = Asked.invoice("in_1", attempts: 4, serviceEnd: Asked.day(-30))
        #expect(owed(open, paid, new) == ["in_4", "in_1"], "one that is still demanded is owed")
    }
}
