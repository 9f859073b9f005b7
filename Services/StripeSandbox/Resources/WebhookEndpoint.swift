/// An address that gets events, made through the API.
struct WebhookEndpoint: Sendable, Codable {
    let id: String
    let created: Int
    /// Shown once, in the answer that tells of its making.
    let secret: String
    var url: String
    /// Types of events, or `*` for all.
    var enabledEvents: [String]
    var description: String?
    var metadata: [String: String]
    var disabled = false
    var deleted = false
}
