/// One try to deliver one event to one endpoint.
struct WebhookShipment: Sendable {
    /// The endpoint's place in the list of URLs.
    let endpoint: Int
    let url: String
    let eventID: String
    /// 1, and more for deliveries that repeat it.
    let copy: Int
    /// Tells the copies of one event apart.
    let key: String
    let body: String
}
