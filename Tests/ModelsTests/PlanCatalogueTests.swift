import Foundation
import Models
import Testing

@Suite("The catalogue of plans")
struct PlanCatalogueTests {
    private let plans: PlanCatalogue

    init() throws {
        plans = try PlanCatalogue([.basic: ["price_new", "price_old"], .premium: ["price_more"]])
    }

    @Test("sells the first price of a plan and knows the others")
    func prices() {
        #expect(plans.price(of: .basic) == "price_new")
        #expect(plans.plan(of: ["price_old"]) == .basic)
        #expect(plans.plan(of: ["price_more"]) == .premium)
        #expect(plans.plan(of: ["price_newsletter"]) == nil)
        #expect(plans.plan(of: []) == nil)
        #expect(PlanCatalogue.empty.price(of: .basic) == nil)
    }

    @Test("takes no price for two plans, and the same twice for one")
    func shared() throws {
        #expect(throws: PlanCatalogue.SharedPrice(price: "price_1")) {
            try PlanCatalogue([.basic: ["price_1"], .premium: ["price_2", "price_1"]])
        }
        #expect(try PlanCatalogue([.basic: ["price_1", "price_1"]]).plan(of: ["price_1"]) == .basic)
    }

    /// A subscription has up to twenty items in any order (Stripe's API reference, "Create a subscription", `items`).
    @Test("knows a subscription by whichever item has a known price, before what it was opened for", arguments: 0...2)
    func anyItem(place: Int) {
        var prices: [PriceID] = ["price_metered", "price_seat"]
        prices.insert("price_more", at: place)
        let subscription = SubscriptionFacts(
            id: "sub_1", customerID: "cus_1", openedFor: .basic, status: .active, priceID: prices[0],
            otherPriceIDs: Array(prices.dropFirst()), created: .now)
        #expect(plans.plan(of: subscription) == .premium)
    }

    @Test("goes by what it was opened for only where no price is known")
    func openedFor() {
        let subscription = SubscriptionFacts(
            id: "sub_1", customerID: "cus_1", openedFor: .basic, status: .active, priceID: "price_gone", created: .now)
        #expect(plans.plan(of: subscription) == .basic)
        let invoice = InvoiceFacts(id: "in_1", currency: "usd", priceID: "price_gone", metadata: ["plan_id": "premium"], created: .now)
        #expect(plans.plan(of: invoice) == .premium)
        #expect(plans.plan(of: InvoiceFacts(id: "in_1", currency: "usd", priceID: "price_gone", created: .now)) == nil)
    }
}
