/// What is sold.
struct Product: Sendable, Codable {
    let id: String
    let created: Int
    let name: String
    let defaultPrice: String?
    var description: String?
    var metadata: [String: String] = [:]
}
