/// A delivery without a 2xx, as it is stored. One that was on its way when the process ended goes out again.
struct PendingDelivery: Codable, Sendable {
    let delivery: WebhookQueue.Delivery
    /// It goes out at its time, not in its turn.
    var waits = false
    /// How many later events go first, and until when at most; nil where none do.
    var behind: Int?
    var until: Double?
}
