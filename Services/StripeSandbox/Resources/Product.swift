/// What is sold.
struct Product: Sendable {
    let id: String
    let created: Int
    let name: String
    let defaultPrice: String?
}
