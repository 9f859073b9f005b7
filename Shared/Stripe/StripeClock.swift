package import Foundation
import Synchronization

/// Stripe's clock, as the dates of its answers tell it: what this machine believes the time to be is never asked.
///
/// Between answers it runs on by a clock that nobody can set. It is never ahead of Stripe's by more than the time a request takes to be answered
/// less the whole seconds that a `Date` leaves out, unless Stripe's own clock stands still or was set back, which only stand-ins do: that is
/// believed once it is behind by more than `patience`.
package final class StripeClock: Sendable {
    private struct Told {
        var date: Date
        var heard: ContinuousClock.Instant
    }

    /// A clock that stands still is followed so far behind: an hour lets every wait of ours end meanwhile.
    private static let patience: TimeInterval = 3600

    private let told = Mutex<Told?>(nil)
    private let instant: @Sendable () -> ContinuousClock.Instant

    /// Nothing is known yet. Between answers it runs on by `instant`.
    package init(instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.instant = instant }

    /// Now by Stripe's clock; nil until the first answer.
    package var now: Date? { told.withLock { $0.map { Self.time($0, at: instant()) } } }

    /// Takes the `Date` of an answer that has come now.
    package func hear(_ date: Date) { hear(date, at: instant()) }

    /// Takes the `Date` of an answer that came at `instant`. Answers overtake each other, so the one that says most counts.
    package func hear(_ date: Date, at instant: ContinuousClock.Instant) {
        told.withLock { told in
            if let before = told, case let known = Self.time(before, at: instant), date <= known,
                known.timeIntervalSince(date) <= Self.patience
            {
                return
            }
            told = Told(date: date, heard: instant)
        }
    }

    private static func time(_ told: Told, at instant: ContinuousClock.Instant) -> Date {
        told.date.addingTimeInterval(told.heard.duration(to: instant) / .seconds(1))
    }
}
