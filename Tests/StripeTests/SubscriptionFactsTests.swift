import Foundation
import Models
import Testing

@testable import Stripe

@Suite("A subscription is read")
struct SubscriptionFactsTests {
    static let common = """
        "id": "sub_1", "object": "subscription", "status": "active", "metadata": {"user_id": "user_1", "plan_id": "basic", "installation": "i1"},
        "cancel_at_period_end": true, "cancel_at": 1798000000, "canceled_at": 1796000000, "ended_at": null, "trial_end": 1795200000,
        "cancellation_details": {"comment": null, "feedback": null, "reason": "cancellation_requested"}, "created": 1795100000
        """
    static let old = """
        {\(common), "customer": "cus_1", "latest_invoice": "in_1", "current_period_start": 1795400000, "current_period_end": 1798000000,
         "items": {"object": "list", "data": [{"id": "si_1", "price": {"id": "price_1", "object": "price"}, "plan": {"id": "price_1"}},
                                              {"id": "si_2", "price": null, "plan": {"id": "price_2"}}]}}
        """
    static let new = """
        {\(common), "customer": {"id": "cus_1", "object": "customer"}, "latest_invoice": {"id": "in_1", "object": "invoice"},
         "billing_mode": {"type": "flexible"}, "items": {"object": "list", "data": [
           {"id": "si_1", "price": {"id": "price_1"}, "current_period_start": 1795300000, "current_period_end": 1797000000},
           {"id": "si_2", "price": {"id": "price_2"}, "current_period_start": 1795400000, "current_period_end": 1798000000}]}}
        """

    @Test("to the same facts from either shape", arguments: [old, new])
    func bothShapes(json: String) throws {
        let expected = SubscriptionFacts(
            id: "sub_1", customerID: "cus_1", userID: "user_1", openedFor: .basic, installation: "i1", status: .active, priceID: "price_1",
            otherPriceIDs: ["price_2"], currentPeriodStart: at(1_795_400_000),
            currentPeriodEnd: at(1_798_000_000), cancelAtPeriodEnd: true, cancelAt: at(1_798_000_000), canceledAt: at(1_796_000_000),
            cancellationReason: "cancellation_requested",
            items: [SubscriptionItem(id: "si_1", priceID: "price_1"), SubscriptionItem(id: "si_2", priceID: "price_2")],
            latestInvoiceID: "in_1", trialEnd: at(1_795_200_000), created: at(1_795_100_000))
        #expect(try decode(json) == expected)
    }

    @Test("with nothing but what every subscription has")
    func least() throws {
        let json =
            #"{"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "invented", "created": 0, "items": {"data": []}}"#
        let expected = SubscriptionFacts(id: "sub_1", customerID: "cus_1", status: SubscriptionStatus(rawValue: "invented"), created: at(0))
        #expect(try decode(json) == expected)
    }

    @Test("with the price of its plan in the oldest shape")
    func plan() throws {
        let json = #"{"id": "s", "object": "subscription", "customer": "c", "status": "active", "created": 0, "plan": {"id": "price_1"}}"#
        #expect(try decode(json, as: SubscriptionFacts.self).priceID == "price_1")
    }

    /// Stripe's API reference, "The Subscription object": `items`, `pending_update`.
    @Test("with what its items cost, and a change that waits for its payment")
    func items() throws {
        let json = """
            {"id": "s", "object": "subscription", "customer": "c", "status": "active", "created": 0,
             "discounts": ["di_1", "di_2"], "pending_update": {"expires_at": 1798000000, "subscription_items": []},
             "items": {"data": [{"id": "si_1", "quantity": 2, "price": {"id": "price_1", "unit_amount": 1900, "currency": "usd",
                                 "recurring": {"interval": "month", "interval_count": 3}}}]}}
            """
        let facts = try decode(json, as: SubscriptionFacts.self)
        #expect(facts.pendingUpdateUntil == at(1_798_000_000))
        let item = SubscriptionItem(
            id: "si_1", priceID: "price_1", quantity: 2, unitAmount: 1900, currency: "usd", interval: "month", intervalCount: 3)
        #expect(facts.items == [item])
        #expect(facts.discountIDs == ["di_1", "di_2"])
        let expanded =
            #"{"id": "s", "object": "subscription", "customer": "c", "status": "active", "created": 0, "discounts": [{"id": "di_1"}]}"#
        #expect(try decode(expanded, as: SubscriptionFacts.self).discountIDs == ["di_1"])
        let old = #"{"id": "s", "object": "subscription", "customer": "c", "status": "active", "created": 0, "discount": {"id": "di_1"}}"#
        #expect(try decode(old, as: SubscriptionFacts.self).discountIDs == ["di_1"])
    }

    @Test("when the portal has set an end by date alone")
    func endByDate() throws {
        let json = """
            {"id": "s", "object": "subscription", "customer": "c", "status": "active", "created": 0, "cancel_at_period_end": false,
             "cancel_at": 1798000000}
            """
        let facts = try decode(json, as: SubscriptionFacts.self)
        #expect(!facts.cancelAtPeriodEnd && facts.isEndScheduled)
    }

    @Test("with what becomes of its invoices while collection is paused")
    func paused() throws {
        let least = #""id": "s", "object": "subscription", "customer": "c", "status": "active", "created": 0"#
        let facts = try [#"{"behavior": "void", "resumes_at": 1798000000}"#, #"{"behavior": "keep_as_draft", "resumes_at": null}"#, "null"]
            .map { try decode("{\(least), \"pause_collection\": \($0)}", as: SubscriptionFacts.self).pauseCollection }
        #expect(
            facts == [PauseCollection(behavior: "void", resumesAt: at(1_798_000_000)), PauseCollection(behavior: "keep_as_draft"), nil])
    }

    @Test("only with an id, a customer, a status and a time", arguments: ["id", "customer", "status", "created"])
    func required(name: String) {
        let members = ["id": #""s""#, "customer": #""c""#, "status": #""active""#, "created": "0"].filter { $0.key != name }
        let json = #"{"object": "subscription", "# + members.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
        #expect(throws: StripeError.self) { try decode(json, as: SubscriptionFacts.self) }
    }

    private func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }
}
