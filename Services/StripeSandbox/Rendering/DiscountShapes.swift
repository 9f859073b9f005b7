extension Coupon: Resource {
    static let noun = "coupon"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        .resource(
            id: id, object: "coupon",
            [
                "amount_off": .optional(amountOff), "created": .number(created), "currency": .optional(currency),
                "duration": .text(duration.rawValue), "duration_in_months": .optional(months), "livemode": false,
                "max_redemptions": .optional(maxRedemptions), "metadata": .metadata(metadata), "name": .optional(name),
                "percent_off": .optional(percentOff), "redeem_by": .optional(redeemBy), "times_redeemed": .number(timesRedeemed),
                "valid": .flag(isValid(at: account.now)),
            ])
    }
}

extension PromotionCode: Resource {
    static let noun = "promotion code"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var promotion: JSON = [
            "active": .flag(active), "code": .text(code), "created": .number(created), "customer": .optional(customer),
            "expires_at": .optional(expiresAt), "livemode": false, "max_redemptions": .optional(maxRedemptions),
            "metadata": .metadata(metadata),
            "restrictions": ["first_time_transaction": false, "minimum_amount": nil, "minimum_amount_currency": nil],
            "times_redeemed": .number(timesRedeemed),
        ]
        if version.namesCoupons {
            promotion["promotion"] = ["coupon": .text(coupon), "type": "coupon"]
            promotion["customer_account"] = .null
        } else {
            promotion["coupon"] = account.coupons[coupon]?.rendered(version, in: account) ?? .null
        }
        return .resource(id: id, object: "promotion_code", promotion)
    }
}

extension Discount: Resource {
    static let noun = "discount"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var discount: JSON = [
            "checkout_session": .optional(checkoutSession), "customer": .text(customer), "end": .optional(end),
            "promotion_code": .optional(use.promotionCode), "start": .number(start), "subscription": .text(subscription),
        ]
        if version.namesCoupons {
            discount["source"] = ["coupon": .text(use.coupon), "type": "coupon"]
        } else {
            discount["coupon"] = account.coupons[use.coupon]?.rendered(version, in: account) ?? .null
        }
        if !version.isLegacy { discount["customer_account"] = .null }
        return .resource(id: id, object: "discount", discount, nulls: ["invoice", "invoice_item", "subscription_item"])
    }
}
