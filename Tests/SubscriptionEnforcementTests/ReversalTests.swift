import Foundation
import HTTPTestKit
import Messages
import Models
import Postgres
import TestKit
import Testing

@testable import SubscriptionEnforcement

@Suite("A payment that is taken back")
struct ReversalTests {
    private static let active = Answered.list(Answered.subscription("active"))
    private static let dispute = StripeObject.dispute(
        DisputeFacts(
            id: "dp_1", chargeID: "ch_1", currency: "usd", amount: 1900, reason: "fraudulent", status: "needs_response",
            created: EnforcementBench.time))
    private static let charged = #"{"id":"ch_1","object":"charge","livemode":false,"customer":"cus_1","payment_intent":"pi_1","#
    private static let refund = StripeObject.charge(
        ChargeFacts(id: "ch_1", customerID: "cus_1", status: "succeeded", currency: "usd", amount: 1900, created: EnforcementBench.time))

    private static func charge(refunded: Int = 0, invoice: String? = nil) -> StripeStubAnswer {
        let named = invoice.map { "\"invoice\":\"\($0)\"," } ?? ""
        return .json(
            charged + named
                + #""status":"succeeded","amount":1900,"amount_captured":1900,"amount_refunded":\#(refunded),"currency":"usd","created":1}"#
        )
    }

    private static func disputes(_ status: String) -> StripeStubAnswer {
        Answered.list(
            #"{"id":"dp_1","object":"dispute","livemode":false,"charge":"ch_1","status":"\#(status)","amount":1900,"currency":"usd","#
                + #""reason":"fraudulent","created":1}"#)
    }

    private static let payments = Answered.list(
        #"{"id":"inpay_1","object":"invoice_payment","livemode":false,"invoice":"in_1","status":"paid","currency":"usd","#
            + #""payment":{"type":"payment_intent","payment_intent":"pi_1"}}"#)

    private static func invoice(endsIn seconds: Int = 86_400) -> StripeStubAnswer {
        .json(Answered.invoice("in_1", status: "paid", attempts: 1, serviceEnd: 1_795_406_400 + seconds))
    }

    private func requested(_ bench: EnforcementBench) async throws -> String? {
        try await bench.said("subscription.end_requested.v1", "why")
    }

    @Test(
        "by a dispute that was lost ends the subscription of the present period, in both shapes, once", .database, arguments: [true, false])
    func lost(namesInvoice: Bool) async throws {
        let charge = Self.charge(invoice: namesInvoice ? "in_1" : nil)
        let look = [Self.active, charge, Self.disputes("lost")] + (namesInvoice ? [] : [Self.payments]) + [Self.invoice()]
        try await EnforcementBench.run([charge] + look + [charge] + look) { bench, _ in
            try await bench.know(.on)
            for event in ["evt_1", "evt_2"] {
                try await bench.hearOfReversal(EventID(event), Self.dispute)
                try await bench.look()
            }
            try await #expect(requested(bench) == "dispute_lost")
            try await #expect(bench.said("subscription.end_requested.v1", "subscription_id") == "sub_1")
            try await #expect(bench.said("event.handled.v1", "outcome") == "handled handled")
            try await #expect(bench.access() == "on 1", "the stop follows from what Stripe then says")
        }
    }

    @Test(
        "is nothing while the dispute is open or won, or of a period that is over", .database, arguments: ["under_review", "won", "over"])
    func noReason(what: String) async throws {
        let rest = what == "over" ? [Self.disputes("lost"), Self.payments, Self.invoice(endsIn: 0)] : [Self.disputes(what)]
        try await EnforcementBench.run([Self.charge(), Self.active, Self.charge()] + rest) { bench, stub in
            try await bench.know(.on)
            try await bench.hearOfReversal("evt_1", Self.dispute)
            try await bench.look()
            try await #expect(requested(bench) == nil)
            try await #expect(bench.said("event.handled.v1", "outcome") == "handled")
            #expect(stub.received.count == 3 + rest.count)
        }
    }

    @Test("by a refund ends it only in full, and only by policy", .database, arguments: [(1900, true), (1899, true), (1900, false)])
    func refunded(amount: Int, ends: Bool) async throws {
        let policy = AccessPolicy(disputeLost: .keep, fullRefund: ends ? .end : .keep)
        let isEnd = amount == 1900 && ends
        let script = ends ? [Self.active, Self.charge(refunded: amount)] + (isEnd ? [Self.payments, Self.invoice()] : []) : []
        try await EnforcementBench.run(script, policy: policy) { bench, stub in
            try await bench.know(.on)
            try await bench.hearOfReversal("evt_1", Self.refund)
            let looks = try await bench.lookAtThoseDue()
            #expect(looks == (ends ? 1 : 0))
            try await #expect(requested(bench) == (isEnd ? "full_refund" : nil))
            try await #expect(bench.said("event.handled.v1", "outcome") == (ends ? "handled" : "ignored"))
            #expect(stub.received.count == script.count)
        }
    }

    @Test("is asked about again when it could not be read, keeps no decision back, and somebody is told meanwhile", .database)
    func unread() async throws {
        let script =
            [Self.charge(), Self.active, .error(403), Self.active, Self.charge(), Self.disputes("lost"), Self.payments, Self.invoice()]
        try await EnforcementBench.run(script) { bench, _ in
            try await bench.know()
            try await bench.hearOfReversal("evt_1", Self.dispute)
            try await bench.look()
            try await #expect(bench.access() == "on 1")
            try await #expect(bench.said("event.handled.v1", "outcome") == nil)
            try await #expect(bench.value("SELECT code FROM alerts WHERE cleared_at IS NULL") == "reversal_unread")
            try await #expect(bench.lookAtThoseDue(at: EnforcementBench.time.addingTimeInterval(61)) == 1)
            try await #expect(requested(bench) == "dispute_lost")
            try await #expect(bench.value("SELECT code FROM alerts WHERE cleared_at IS NULL") == nil)
        }
    }

    @Test("gives the stop that follows its reason", .database)
    func reason() async throws {
        let ended = Answered.list(Answered.subscription("canceled"))
        try await EnforcementBench.run([ended]) { bench, _ in
            try await bench.know(.on, stopIsDue: true, subscriptions: ["sub_1"])
            try await bench.pool.query(
                "INSERT INTO end_requests (stripe_subscription_id, reason, stripe_invoice_id) VALUES ('sub_1', 'dispute_lost', 'in_1')")
            try await bench.look()
            try await #expect(bench.value("SELECT reason FROM access") == "disputed")
        }
    }
}
