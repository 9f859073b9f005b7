/// Pauses that double from `shortest` to `longest`, each cut by chance by up to half, so that many who failed together do not come back in step.
package struct Backoff: Sendable {
    /// The first pause.
    package let shortest: Duration
    /// What no pause is longer than.
    package let longest: Duration
    private var taken = 0

    /// No pause has been taken yet.
    package init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The next pause.
    package mutating func next() -> Duration {
        defer { taken += 1 }
        return pause(taken, chance: .random(in: 0..<1))
    }

    /// Begins with the shortest again.
    package mutating func reset() {
        taken = 0
    }

    /// Pause number `number`, from 0; with a chance of 0 half of it, with 1 all.
    package func pause(_ number: Int, chance: Double) -> Duration {
        min(shortest * (1 << min(max(number, 0), 30)), longest) * (0.5 + chance / 2)
    }
}
