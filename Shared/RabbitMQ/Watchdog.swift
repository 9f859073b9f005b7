import DedicatedThread

/// Does something at a deadline unless told in time that it is not needed. One thread serves the whole process.
///
/// It exists because a call into the library can hang on a broker that went silent, and a hanging thread cannot time itself
/// out. What is watched must be short and must not block: all deadlines share the one thread.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    /// Names one watch, to call it off.
    struct Watch: Sendable {
        fileprivate let id: UInt64
    }

    private struct Entry {
        var deadline: ContinuousClock.Instant
        var onExpiry: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var lastID: UInt64 = 0
        /// When the thread will look next; nil while it has nothing to wait for.
        var nextLook: ContinuousClock.Instant?
    }

    private let state = Locked(State())
    private let wakeup = Wakeup()

    private init() {
        startThread(named: "rabbit-watchdog") { [self] in
            while true { sleepUntilNextLook() }
        }
    }

    /// Calls `onExpiry` once `timeout` has passed, on the watchdog's thread, unless `cancel` came first.
    func watch(for timeout: Duration, onExpiry: @escaping @Sendable () -> Void) -> Watch {
        let deadline = ContinuousClock.now + timeout
        let (watch, isEarliest) = state.withLock { state in
            state.lastID += 1
            state.entries[state.lastID] = Entry(deadline: deadline, onExpiry: onExpiry)
            let isEarliest = state.nextLook.map { deadline < $0 } ?? true
            if isEarliest { state.nextLook = deadline }
            return (Watch(id: state.lastID), isEarliest)
        }
        if isEarliest { wakeup.signal() }
        return watch
    }

    /// Calls a watch off. One that has expired already, or is just being served, is not undone.
    func cancel(_ watch: Watch) {
        // The entry dies outside the lock: what its closure owns may be released with it.
        _ = state.withLock { $0.entries.removeValue(forKey: watch.id) }
    }

    private func sleepUntilNextLook() {
        let nextLook = state.withLock { $0.nextLook }
        // An hour stands for "until signalled".
        wakeup.wait(timeout: nextLook.map { ContinuousClock.now.duration(to: $0) } ?? .seconds(3_600))
        wakeup.clear()
        let now = ContinuousClock.now
        let expired = state.withLock { state in
            let expired = state.entries.filter { $0.value.deadline <= now }
            for id in expired.keys { state.entries[id] = nil }
            state.nextLook = state.entries.values.map(\.deadline).min()
            return expired.values.map(\.onExpiry)
        }
        for onExpiry in expired { onExpiry() }
    }
}
