/// How long to wait before the next attempt: 50 ms, doubling up to 5 s, each shortened at random by up to half, so that many
/// replicas do not come back to a restarted broker in step.
struct Backoff {
    private var failures = 0

    mutating func next() -> Duration {
        // 50 ms doubled 7 times is beyond 5 s.
        let full = min(50 << min(failures, 7), 5_000)
        failures += 1
        return .milliseconds(Int.random(in: full / 2...full))
    }

    mutating func reset() {
        failures = 0
    }
}
