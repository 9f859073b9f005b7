/// A coupon that a subscription has.
struct Discount: Sendable, Codable {
    let id: String
    let start: Int
    let use: CouponUse
    let customer: String
    let subscription: String
    var checkoutSession: String?
    /// When a repeating coupon ends; nil for the others.
    var end: Int?

    var created: Int { start }

    /// Whether an invoice for a period that starts then is reduced.
    func applies(at time: Int) -> Bool { end.map { time < $0 } ?? true }
}
