/// The moment by which a call must have ended, whatever the other side does.
struct Deadline: Sendable, Comparable {
    let instant: ContinuousClock.Instant

    static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: .now + duration)
    }

    static func < (left: Deadline, right: Deadline) -> Bool {
        left.instant < right.instant
    }

    var remaining: Duration { max(.zero, instant - .now) }

    /// Milliseconds for poll(2), rounded up so that it never wakes just before the deadline; 0 when it has passed.
    var pollTimeout: Int32 {
        let (seconds, attoseconds) = remaining.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: milliseconds)
    }
}
