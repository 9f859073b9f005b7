import Synchronization

/// A value behind a mutex, as `Mutex`, which the thread sanitizer can see.
///
/// On Linux the lock inside `Mutex` is compiled without the sanitizer, which therefore reports every value it protects as a race. The
/// atomic says the same once more in the sanitizer's hearing: what one holder wrote is released, and acquired by the next.
struct Locked<Value>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>
    private let handover = Atomic(0)

    init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Does `body` with the value while nobody else can.
    borrowing func withLock<Result>(_ body: (inout sending Value) -> sending Result) -> sending Result {
        mutex.withLock { value in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(0, ordering: .releasing) }
            return body(&value)
        }
    }
}
