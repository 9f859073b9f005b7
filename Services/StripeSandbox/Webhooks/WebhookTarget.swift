/// One address that gets events, and what it has not taken yet.
struct WebhookTarget: Sendable, Codable {
    /// The queue is stored by itself, delivery by delivery.
    private enum CodingKeys: String, CodingKey { case number, id, url, secrets, isDisabled, types }

    /// Tells it from all others there ever were.
    let number: Int
    /// `we_…` where the API made it; nil where the settings name it.
    let id: String?
    var url: String
    /// Signs what is sent there; nil where the settings' secret does.
    var secrets: SigningSecrets?
    /// Nothing is sent there, and no new events are kept for it.
    var isDisabled = false
    /// The types of events it wants; nil wants all.
    var types: Set<String>?
    var queue = WebhookQueue()

    init(number: Int, id: String? = nil, url: String) {
        self.number = number
        self.id = id
        self.url = url
    }

    /// The kind that the deliveries of its queue are stored as.
    var kind: String { Self.kind(of: number) }

    static func kind(of number: Int) -> String { "delivery:\(number)" }

    func wants(_ type: String) -> Bool { !isDisabled && (types?.contains(type) ?? true) }
}
