/// One try to deliver one event to one target.
struct WebhookShipment: Sendable {
    /// The target's number.
    let target: Int
    let url: String
    let eventID: String
    /// 1, and more for deliveries that repeat it.
    let copy: Int
    /// Tells the copies of one event apart.
    let key: String
    let body: String
    /// Each of them signs the body.
    let secrets: [String]
}
