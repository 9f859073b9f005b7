/// One customer's way into the portal.
struct PortalSession: Sendable, Codable {
    let id: String
    let created: Int
    let customer: String
    /// The last part of the page's address; who knows it is let in.
    let token: String
    var returnURL: String?
}
