/// The secret that signs deliveries, and for a while after it was rolled also the one before. Times are the wall clock's, as those of
/// deliveries are.
struct SigningSecrets: Sendable, Codable {
    private var current: String
    private var previous: String?
    private var previousUntil = 0.0

    init(_ secret: String) { current = secret }

    /// The secrets in force, newest first.
    func valid(at wall: Double) -> [String] {
        guard let previous, wall < previousUntil else { return [current] }
        return [current, previous]
    }

    /// Signs with another secret from now on, and for so many seconds with the present one too. The one before that ends at once.
    mutating func roll(to secret: String, overlap: Double, at wall: Double) {
        previous = current
        previousUntil = wall + overlap
        current = secret
    }
}
