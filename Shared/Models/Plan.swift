/// A plan that the product sells.
package enum Plan: String, Codable, Sendable, CaseIterable {
    case basic
    case premium

    /// The name that customers read.
    package var name: String {
        switch self {
        case .basic: "Basic"
        case .premium: "Premium"
        }
    }
}
