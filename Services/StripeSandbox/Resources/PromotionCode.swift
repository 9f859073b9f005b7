/// What a customer types in to get a coupon.
struct PromotionCode: Sendable, Codable {
    let id: String
    let created: Int
    let code: String
    let coupon: String
    /// The only one who may use it; nil is anybody.
    var customer: String?
    var active = true
    var expiresAt: Int?
    var maxRedemptions: Int?
    var timesRedeemed = 0
    var metadata: [String: String] = [:]

    /// Whether this customer can use it.
    func isValid(at now: Int, for customer: String?) -> Bool {
        active && (maxRedemptions.map { timesRedeemed < $0 } ?? true) && (expiresAt.map { now < $0 } ?? true)
            && (self.customer == nil || self.customer == customer)
    }
}
