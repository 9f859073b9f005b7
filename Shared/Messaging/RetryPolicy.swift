import DedicatedThread

/// When a message that failed is tried again, and when it is given up.
package struct RetryPolicy: Sendable {
    /// The longest delay between two tries.
    package let maximumDelay: Duration
    /// How many tries there are before a message is parked.
    package let maximumAttempts: Int
    private let chance: @Sendable () -> Double

    /// A policy. Twenty tries with a delay growing to an hour last about ten hours: longer than an outage, shorter than a day. `chance`, in
    /// 0..<1, is what delays differ by.
    package init(
        maximumDelay: Duration = .seconds(3600), maximumAttempts: Int = 20,
        chance: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.maximumDelay = maximumDelay
        self.maximumAttempts = maximumAttempts
        self.chance = chance
    }

    /// The delay after the `attempts`th failure: doubling from one second up to the maximum, of which between half and all is taken,
    /// so that messages that failed together do not come back together.
    package func delay(afterAttempts attempts: Int) -> Duration { delay(afterAttempts: attempts, random: chance()) }

    /// The same for one chance, in 0..<1.
    package func delay(afterAttempts attempts: Int, random: Double) -> Duration {
        Backoff(shortest: .seconds(1), longest: maximumDelay).pause(attempts - 1, chance: random)
    }
}
