extension Account {
    /// A coupon that may be used now.
    ///
    /// - Throws: `APIError` 400 when it or its code is used up, over, another customer's, or in another currency.
    func use(
        coupon id: String, code: PromotionCode? = nil, customer: String?, currency: String, param: String
    ) throws(APIError) -> CouponUse {
        guard let coupon = coupons[id] else { throw .invalidRequest("No such coupon: '\(id)'", code: "resource_missing", param: param) }
        guard coupon.isValid(at: now) else { throw .invalidRequest("Coupon expired: \(id)", code: "coupon_expired", param: param) }
        if let code, !code.isValid(at: now, for: customer) {
            throw .invalidRequest("This promotion code cannot be redeemed.", code: "promotion_code_invalid", param: param)
        }
        if let other = coupon.currency, other != currency {
            throw .invalidRequest("The coupon's currency (\(other)) does not match (\(currency)).", param: param)
        }
        return CouponUse(coupon: id, promotionCode: code?.id)
    }

    /// Takes coupons off a session's lines, one after the other.
    func apply(_ uses: [CouponUse], to session: inout CheckoutSession) {
        session.discounts = uses
        for index in session.lines.indices { session.lines[index].discount = 0 }
        for coupon in uses.compactMap({ coupons[$0.coupon] }) {
            let shares = Discounting.shares(of: coupon, off: session.lines.map { $0.amount - $0.discount })
            for (index, share) in shares.enumerated() { session.lines[index].discount += share }
        }
    }

    /// Takes a code that the customer entered on a session's page; answers why it is not taken, nil when it is.
    mutating func enter(promotionCode text: String, in id: String) -> String? {
        guard var session = sessions[id], session.status == .open, session.allowsPromotionCodes else { return "This code is invalid." }
        let known = promotionCodes.newestFirst.first { $0.code.lowercased() == text.lowercased() && $0.active }
        guard let code = known, session.pendingSubscription == nil, session.pendingPaymentIntent == nil else {
            return "This code is invalid."
        }
        do throws(APIError) {
            let taken = try use(
                coupon: code.coupon, code: code, customer: session.customer, currency: session.currency, param: "promotion_code")
            apply([taken], to: &session)
            sessions[id] = session
            return nil
        } catch {
            return "This code is invalid."
        }
    }

    /// Gives a subscription coupons, in place of those it had; told of when the subscription is.
    mutating func makeDiscounts(_ uses: [CouponUse], for subscription: Subscription, session: String? = nil) -> [Discount] {
        uses.map { use in
            var discount = Discount(
                id: Identifier.object("di_"), start: now, use: use, customer: subscription.customer, subscription: subscription.id,
                checkoutSession: session)
            if let coupon = coupons[use.coupon], coupon.duration == .repeating {
                discount.end = BillingCycle.time(now, plusMonths: coupon.months ?? 1)
            }
            discounts.insert(discount)
            redeem(use)
            return discount
        }
    }

    /// Counts a use of a coupon and its code.
    mutating func redeem(_ use: CouponUse) {
        coupons[use.coupon]?.timesRedeemed += 1
        if let code = use.promotionCode { promotionCodes[code]?.timesRedeemed += 1 }
    }

    /// An invoice's lines with what a subscription's discounts take off them, one after the other.
    func discounted(_ lines: [Invoice.Line], of subscription: Subscription, at time: Int) -> [Invoice.Line] {
        var lines = lines
        for discount in subscription.discounts.compactMap({ discounts[$0] }) where discount.applies(at: time) {
            guard let coupon = coupons[discount.use.coupon] else { continue }
            let shares = Discounting.shares(of: coupon, off: lines.map { $0.isProration ? 0 : $0.net })
            for (index, share) in shares.enumerated() where share > 0 {
                lines[index].discounts.append(.init(discount: discount.id, amount: share))
            }
        }
        return lines
    }

    /// Takes those discounts off a subscription that have done their work with an invoice, and tells of their end.
    mutating func endDiscounts(of id: String, after invoice: Invoice) {
        guard let subscription = subscriptions[id] else { return }
        let over = subscription.discounts.compactMap { discounts[$0] }.filter { discount in
            let isOnce = coupons[discount.use.coupon]?.duration == .once
            return isOnce && invoice.discountAmounts.contains { $0.discount == discount.id } || discount.end.map { $0 <= now } == true
        }
        guard !over.isEmpty else { return }
        subscriptions[id]?.discounts.removeAll { id in over.contains { $0.id == id } }
        for discount in over { emit("customer.discount.deleted", discount) }
    }
}
