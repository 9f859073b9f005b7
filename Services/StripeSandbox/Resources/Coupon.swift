/// What is taken off a price, and for how long.
struct Coupon: Sendable, Codable {
    enum Duration: String, Sendable, Codable { case once, repeating, forever }

    let id: String
    let created: Int
    var name: String?
    /// Minor units; nil where a percentage is taken off.
    var amountOff: Int?
    /// Of `amountOff`.
    var currency: String?
    /// Whole percents.
    var percentOff: Int?
    let duration: Duration
    /// Of a repeating coupon.
    var months: Int?
    var maxRedemptions: Int?
    var redeemBy: Int?
    var timesRedeemed = 0
    var metadata: [String: String] = [:]

    /// Whether it can still be redeemed.
    func isValid(at now: Int) -> Bool {
        (maxRedemptions.map { timesRedeemed < $0 } ?? true) && (redeemBy.map { now < $0 } ?? true)
    }
}

/// A coupon on a session or subscription, and the code it was asked for with.
struct CouponUse: Sendable, Equatable, Codable {
    let coupon: String
    var promotionCode: String?
}
