import Foundation
import Models

extension SubscriptionFacts: StripeResource {
    static let objectName = "subscription"

    /// The period is each item's own since 2025-03-31 and the subscription's before.
    init(stripe subscription: Fields) throws {
        let items = try subscription.rows("items")
        var prices = try items.compactMap { try $0.price() as PriceID? }
        if prices.isEmpty { prices = try [subscription.id("plan")].compactMap(\.self) }
        self.init(
            id: try subscription.required("id", subscription.id("id")),
            customerID: try subscription.required("customer", subscription.id("customer")),
            userID: try subscription.metadata("user_id").map(UserID.init(rawValue:)),
            openedFor: try subscription.metadata("plan_id").flatMap(Plan.init(rawValue:)),
            installation: try subscription.metadata("installation"),
            status: SubscriptionStatus(rawValue: try subscription.required("status", subscription.text("status"))),
            priceID: prices.first,
            otherPriceIDs: prices.others,
            currentPeriodStart: try items.compactMap { try $0.time("current_period_start") }.max()
                ?? subscription.time("current_period_start"),
            currentPeriodEnd: try items.compactMap { try $0.time("current_period_end") }.max()
                ?? subscription.time("current_period_end"),
            cancelAtPeriodEnd: try subscription.flag("cancel_at_period_end") ?? false,
            cancelAt: try subscription.time("cancel_at"),
            canceledAt: try subscription.time("canceled_at"),
            endedAt: try subscription.time("ended_at"),
            cancellationReason: try subscription.object("cancellation_details")?.text("reason"),
            pauseCollection: try subscription.object("pause_collection").map { pause in
                PauseCollection(
                    behavior: try pause.required("behavior", pause.text("behavior")), resumesAt: try pause.time("resumes_at"))
            },
            items: items.isEmpty ? nil : try items.map(SubscriptionItem.init(stripe:)),
            discountIDs: try subscription.discountIDs(),
            pendingUpdateUntil: try subscription.object("pending_update")?.time("expires_at"),
            latestInvoiceID: try subscription.id("latest_invoice"),
            trialEnd: try subscription.time("trial_end"),
            created: try subscription.required("created", subscription.time("created")))
    }
}

extension Fields {
    /// A list since 2024-06-20, of ids unless they are expanded; one object before.
    fileprivate func discountIDs() throws -> [String]? {
        let ids = try references("discounts") ?? [object("discount")?.text("id")].compactMap(\.self)
        return ids.isEmpty ? nil : ids
    }
}

/// The discounts of a subscription, read with their coupons.
struct DiscountsOfSubscription: StripeResource {
    static let objectName = "subscription"

    let discounts: [DiscountFacts]

    /// The coupon hangs under `source` since 2025-09-30.
    init(stripe subscription: Fields) throws {
        discounts = try (subscription.elements("discounts") ?? []).map { discount in
            let coupon = try discount.object("source")?.object("coupon") ?? discount.object("coupon")
            return DiscountFacts(
                id: try discount.required("id", discount.text("id")), percentOff: try coupon?.number("percent_off"),
                amountOff: try coupon?.integer("amount_off"), end: try discount.time("end"), duration: try coupon?.text("duration"))
        }
    }
}

extension SubscriptionItem {
    /// The price is an object in every version since 2020; a plan before.
    init(stripe item: Fields) throws {
        let price = try item.object("price")
        let recurring = try price?.object("recurring") ?? item.object("plan")
        self.init(
            id: try item.required("id", item.text("id")), priceID: try item.price(), quantity: try item.integer("quantity") ?? 1,
            unitAmount: try price?.integer("unit_amount"), currency: try price?.text("currency"),
            interval: try recurring?.text("interval"), intervalCount: try recurring?.integer("interval_count"))
    }
}

extension [PriceID] {
    /// All but the first, as facts keep them; nil where there is none.
    var others: [PriceID]? { count > 1 ? Array(dropFirst()) : nil }
}

extension Fields {
    /// The price of a subscription item or an invoice line: `pricing.price_details` since 2025-03-31, `price` or `plan` before.
    func price() throws -> PriceID? {
        try object("pricing")?.object("price_details")?.id("price") ?? id("price") ?? id("plan")
    }
}
