/// What `POST /v1/coupons` asks for, checked.
struct CouponRequest {
    let coupon: Coupon

    init(_ parameters: inout Parameters, in account: Account) throws(APIError) {
        let id = try parameters.text("id") ?? Identifier.random(8)
        guard account.coupons[id] == nil else {
            throw .invalidRequest("Coupon already exists.", code: "resource_already_exists", param: "id")
        }
        let durations = ["once", "repeating", "forever"]
        let duration = try parameters.choice("duration", durations).flatMap(Coupon.Duration.init) ?? .once
        var coupon = Coupon(id: id, created: account.now, duration: duration)
        coupon.name = try parameters.text("name")
        coupon.amountOff = try parameters.integer("amount_off", in: 1...99_999_999)
        coupon.currency = try parameters.text("currency")?.lowercased()
        coupon.percentOff = try Self.percent(&parameters)
        coupon.months = try parameters.integer("duration_in_months", in: 1...120)
        coupon.maxRedemptions = try parameters.integer("max_redemptions", in: 1...99_999_999)
        coupon.redeemBy = try parameters.integer("redeem_by", in: 1...Int(Int32.max) * 4)
        coupon.metadata = try parameters.metadata().applied()
        try parameters.finish()
        guard (coupon.amountOff == nil) != (coupon.percentOff == nil) else {
            throw .invalidRequest("You must pass exactly one of amount_off and percent_off.", param: "percent_off")
        }
        if coupon.amountOff != nil && coupon.currency == nil { throw .missing("currency") }
        if (duration == .repeating) != (coupon.months != nil) {
            throw .invalidRequest("duration_in_months belongs to a repeating coupon, and only to one.", param: "duration_in_months")
        }
        if coupon.amountOff == nil { coupon.currency = nil }
        self.coupon = coupon
    }

    private static func percent(_ parameters: inout Parameters) throws(APIError) -> Int? {
        guard let text = try parameters.text("percent_off") else { return nil }
        let whole = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        guard let percent = Int(whole), (1...100).contains(percent) else {
            throw parameters.invalid("percent_off", "Invalid percent_off: the sandbox takes whole percents from 1 to 100.")
        }
        return percent
    }
}
