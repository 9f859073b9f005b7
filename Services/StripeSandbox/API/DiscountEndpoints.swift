extension Endpoint {
    static let discounts = [
        retrieve("/v1/coupons/:coupon", \.coupons, param: "coupon"),
        Endpoint("GET", "/v1/coupons") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            try call.parameters.finish()
            return try page.list(account.coupons, of: account, call.version, url: "/v1/coupons")
        },
        Endpoint("POST", "/v1/coupons") { account, call throws(APIError) in
            let coupon = try CouponRequest(&call.parameters, in: account).coupon
            account.coupons.insert(coupon)
            account.emit("coupon.created", coupon)
            return coupon.rendered(call.version, in: account)
        },
        retrieve("/v1/promotion_codes/:promotion_code", \.promotionCodes, param: "promotion_code"),
        Endpoint("GET", "/v1/promotion_codes") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let active = try call.parameters.flag("active")
            let code = try call.parameters.text("code")
            let coupon = try call.parameters.text("coupon")
            let customer = try call.parameters.text("customer")
            try call.parameters.finish()
            return try page.list(account.promotionCodes, of: account, call.version, url: "/v1/promotion_codes") {
                (active == nil || $0.active == active) && (code == nil || $0.code.lowercased() == code?.lowercased())
                    && (coupon == nil || $0.coupon == coupon) && (customer == nil || $0.customer == customer)
            }
        },
        Endpoint("POST", "/v1/promotion_codes") { account, call throws(APIError) in
            let promotion = try account.promotionCode(&call.parameters)
            account.promotionCodes.insert(promotion)
            account.emit("promotion_code.created", promotion)
            return promotion.rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/promotion_codes/:promotion_code") { account, call throws(APIError) in
            let promotion = try account.promotionCodes.find(call.id, param: "promotion_code")
            let active = try call.parameters.flag("active")
            let metadata = try call.parameters.metadata().applied(to: promotion.metadata)
            try call.parameters.finish()
            account.change(\.promotionCodes, call.id, event: "promotion_code.updated") {
                $0.active = active ?? $0.active
                $0.metadata = metadata
            }
            return try account.promotionCodes.find(call.id).rendered(call.version, in: account)
        },
    ]
}

extension Account {
    /// The code that `POST /v1/promotion_codes` asks for, checked; the older form names the coupon itself.
    fileprivate func promotionCode(_ parameters: inout Parameters) throws(APIError) -> PromotionCode {
        var group = try parameters.group("promotion")
        _ = try group.choice("type", ["coupon"])
        let named = try group.text("coupon")
        try group.finish()
        let plain = try parameters.text("coupon")
        let coupon = try coupons.named(try (named ?? plain).orMissing("promotion"), param: "promotion[coupon]")
        let code = try parameters.text("code") ?? Identifier.random(8).uppercased()
        if promotionCodes.all.contains(where: { $0.active && $0.code.lowercased() == code.lowercased() }) {
            throw .invalidRequest("An active promotion code with `code: \(code)` already exists.", param: "code")
        }
        var promotion = PromotionCode(id: Identifier.object("promo_"), created: now, code: code, coupon: coupon.id)
        promotion.customer = try parameters.text("customer")
        if let customer = promotion.customer { _ = try liveCustomer(named: customer, param: "customer") }
        promotion.active = try parameters.flag("active") ?? true
        promotion.expiresAt = try parameters.integer("expires_at", in: now...Int(Int32.max) * 4)
        promotion.maxRedemptions = try parameters.integer("max_redemptions", in: 1...99_999_999)
        promotion.metadata = try parameters.metadata().applied()
        try parameters.finish()
        return promotion
    }

    /// The `discounts` of a request, checked.
    func couponUses(_ parameters: inout Parameters, customer: String?, currency: String) throws(APIError) -> [CouponUse] {
        var uses: [CouponUse] = []
        for var group in try parameters.groups("discounts") {
            let coupon = try group.text("coupon")
            let code = try group.text("promotion_code")
            let param = group.name(code == nil ? "coupon" : "promotion_code")
            try group.finish()
            let promotion: PromotionCode? = if let code { try promotionCodes.named(code, param: param) } else { nil }
            let id = try (promotion?.coupon ?? coupon).orMissing(param)
            uses.append(try use(coupon: id, code: promotion, customer: customer, currency: currency, param: param))
        }
        return uses
    }
}
