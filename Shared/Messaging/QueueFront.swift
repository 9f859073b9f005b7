/// From which key on a worker looks for rows that wait.
///
/// Rows that are gone stay in the index for as long as anybody holds a snapshot that is older (a report, a dump), and whoever looks from the
/// beginning reads over all of them. So it looks from behind what it has taken two seconds ago. A lower key may still be committed later than that,
/// or be put off: for those it looks from the beginning every five seconds.
package struct QueueFront<Key: Comparable & Sendable>: Sendable {
    private static var lag: Duration { .seconds(2) }
    private static var round: Duration { .seconds(5) }
    private var marks: [(key: Key, at: ContinuousClock.Instant)] = []
    private var low: Key?
    private var begunAt: ContinuousClock.Instant?

    /// Looks from the beginning at first.
    package init() {}

    /// Where to begin now; nil for the beginning.
    package mutating func lowest(at now: ContinuousClock.Instant) -> Key? {
        if let begunAt, now - begunAt < Self.round {
            while let first = marks.first, now - first.at >= Self.lag {
                low = low.map { max($0, first.key) } ?? first.key
                marks.removeFirst()
            }
            return low
        }
        begunAt = now
        return nil
    }

    /// Notes the newest key that was taken.
    package mutating func note(_ key: Key, at now: ContinuousClock.Instant) {
        // One a tenth of a second is enough.
        if let last = marks.last, now - last.at < Self.lag / 20 { return }
        marks.append((key, now))
    }

    /// Looks from the beginning the next time: more waits there than was taken.
    package mutating func restart() {
        begunAt = nil
    }
}
