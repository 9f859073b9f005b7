/// One try to deliver one event to one endpoint.
struct WebhookShipment: Sendable {
    /// The endpoint's place in the list of URLs.
    let endpoint: Int
    let url: String
    let eventID: String
    let body: String
}
