package import Foundation
package import Models

extension StripeClient {
    /// Reads a subscription, ended ones too.
    package func subscription(_ id: SubscriptionID) async throws -> StripeRead<SubscriptionFacts> {
        try await object(.get("subscriptions", id.rawValue), id: id.rawValue)
    }

    /// Every subscription of a customer in any status, newest first. Throws `badResponse` when a row belongs to somebody else.
    package func subscriptions(of customer: CustomerID) async throws -> StripeRead<[SubscriptionFacts]> {
        var form = Form()
        form.set(customer.rawValue, at: "customer")
        form.set("all", at: "status")
        return try await all(.get("subscriptions", form: form)) { $0.customerID == customer }
    }

    /// What the discounts on a subscription take off.
    package func discounts(of id: SubscriptionID) async throws -> StripeRead<[DiscountFacts]> {
        var form = Form()
        form.add(["discounts.source.coupon"], to: "expand")
        let read: StripeRead<DiscountsOfSubscription> = try await object(
            .get("subscriptions", id.rawValue, form: form), id: id.rawValue)
        return read.map(\.discounts)
    }

    /// Asks for as little as can be asked, for the sake of the answer's date: `clock` knows it afterwards.
    package func readClock() async throws {
        var form = Form()
        form.set(1, at: "limit")
        _ = try await send(.get("subscriptions", form: form)) { _ throws(StripeError) in () }
    }

    /// One page of all subscriptions of the account in any status, newest first.
    package func subscriptions(startingAfter last: String?, limit: Int) async throws -> StripeRead<ListPage<SubscriptionFacts>> {
        var form = Form()
        form.set("all", at: "status")
        return try await page(of: "subscriptions", startingAfter: last, limit: limit, where: form)
    }

    /// Schedules the end of a subscription for the end of its paid period, or takes that back. `comment` is what its customer says of it, shown in
    /// Stripe's dashboard. What a portal scheduled by date alone is taken back with `clearCancelAt(of:idempotencyKey:)`.
    package func setCancelAtPeriodEnd(
        _ isScheduled: Bool, of id: SubscriptionID, comment: String? = nil, idempotencyKey: String
    ) async throws -> StripeRead<SubscriptionFacts> {
        var form = Form()
        form.set(isScheduled, at: "cancel_at_period_end")
        form.set(comment, at: "cancellation_details", "comment")
        return try await object(.post("subscriptions", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Takes back an end that is scheduled by `cancelAt`, as Stripe's portal does in flexible billing mode.
    package func clearCancelAt(of id: SubscriptionID, idempotencyKey: String) async throws -> StripeRead<SubscriptionFacts> {
        var form = Form()
        form.set("", at: "cancel_at")
        return try await object(.post("subscriptions", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Ends a subscription now. Ending it twice gives the ended subscription both times: Stripe answers the second 404, so it is read.
    package func cancelSubscription(_ id: SubscriptionID, comment: String? = nil) async throws -> StripeRead<SubscriptionFacts> {
        var form = Form()
        form.set(comment, at: "cancellation_details", "comment")
        do {
            return try await object(.delete("subscriptions", id.rawValue, form: form), id: id.rawValue)
        } catch let refusal as StripeError where refusal.kind == .notFound {
            let read = try await subscription(id)
            guard read.value.status.isEnded else { throw refusal }
            return read
        }
    }

    /// Takes up a subscription that is paused. It is active once the invoice that this makes is paid, which is tried at once.
    package func resumeSubscription(_ id: SubscriptionID, idempotencyKey: String) async throws -> StripeRead<SubscriptionFacts> {
        try await object(.post("subscriptions", id.rawValue, "resume", idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Changes what an item of a subscription is sold at, at once; what is left of the period is credited and asked for, and charged now. Where
    /// the bank declines, or wants to ask the customer, the subscription stays as it is and the answer has `pendingUpdateUntil`
    /// (Stripe's documentation, "Pending updates").
    package func changeItem(
        _ change: ItemChange, of id: SubscriptionID, idempotencyKey: String
    ) async throws -> StripeRead<SubscriptionFacts> {
        var form = Form()
        change.fill(&form, at: [])
        form.set("always_invoice", at: "proration_behavior")
        form.set("pending_if_incomplete", at: "payment_behavior")
        return try await object(.post("subscriptions", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// What a change of an item would be charged now, or what the period after it would be.
    package func previewChange(
        _ change: ItemChange, of id: SubscriptionID, _ part: ItemChange.Part
    ) async throws -> StripeRead<InvoicePreview> {
        var form = Form()
        form.set(id.rawValue, at: "subscription")
        change.fill(&form, at: ["subscription_details"])
        form.set(part.rawValue, at: "subscription_details", "proration_behavior")
        // A preview makes nothing, so nothing is lost with its key.
        let request = try StripeRequest.post(
            "invoices", "create_preview", form: form, idempotencyKey: "preview-\(UUID().uuidString.lowercased())")
        return try await send(request) { body throws(StripeError) in
            try StripeJSON.decode(Wire<InvoicePreview>.self, from: body).value
        }
    }
}

/// Another price for an item of a subscription.
package struct ItemChange: Sendable, Hashable {
    /// Stripe's id of the item (`si_…`).
    package var item: String
    /// What it is to be sold at.
    package var price: PriceID
    /// From when it counts, whole seconds; the same time gives the same amount.
    package var prorationDate: Date

    package init(item: String, price: PriceID, prorationDate: Date) {
        self.item = item
        self.price = price
        self.prorationDate = prorationDate
    }

    /// Which of the invoices that a change leads to.
    package enum Part: String, Sendable {
        /// What is charged at once for the rest of the period.
        case now = "always_invoice"
        /// What the next period costs.
        case next = "none"
    }

    fileprivate func fill(_ form: inout Form, at path: [String]) {
        form.set(item, in: path + ["items", "0", "id"])
        form.set(price.rawValue, in: path + ["items", "0", "price"])
        form.set(String(Int(prorationDate.timeIntervalSince1970.rounded(.down))), in: path + ["proration_date"])
    }
}
