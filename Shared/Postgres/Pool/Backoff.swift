/// Pauses that double from `shortest` to `longest`, each shortened at random by up to half so that many callers do not come back in
/// step.
struct Backoff: Sendable {
    let shortest: Duration
    let longest: Duration
    private var step: Duration

    init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
        step = min(shortest, longest)
    }

    mutating func next() -> Duration {
        defer { step = min(step * 2, longest) }
        return step * Double.random(in: 0.5...1)
    }

    mutating func reset() {
        step = min(shortest, longest)
    }
}
