/// What one unit of a product costs, once or every month.
struct Price: Sendable, Codable {
    let id: String
    let created: Int
    let product: String
    let currency: String
    /// Minor units.
    let unitAmount: Int
    /// Monthly; else once.
    let isRecurring: Bool
    var lookupKey: String?
    var nickname: String?
    var metadata: [String: String] = [:]
    /// False for prices given inline with a session.
    var active = true
}
