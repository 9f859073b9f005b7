/// How many API calls are answered in any second; more are refused.
struct RateLimit: Sendable {
    /// 0 is no limit.
    let perSecond: Int
    /// When those of the last second came, seconds of the wall clock.
    private var recent: [Double] = []

    init(perSecond: Int) { self.perSecond = perSecond }

    /// Whether a call that comes now is answered; one that is refused does not count.
    mutating func allows(at wall: Double) -> Bool {
        guard perSecond > 0 else { return true }
        // A clock that was set back must not refuse everything until it is where it was.
        recent.removeAll { $0 <= wall - 1 || $0 > wall }
        guard recent.count < perSecond else { return false }
        recent.append(wall)
        return true
    }
}
