import Synchronization

/// A value behind a mutex, as `Mutex`, which the thread sanitizer can see.
///
/// On Linux the lock inside `Mutex` is compiled without the sanitizer, which therefore reports every value it protects as a race. The
/// atomic says the same once more in the sanitizer's hearing: what one holder wrote is released, and acquired by the next.
package struct Locked<Value>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>
    private let handover = Atomic(0)

    /// Takes the value in.
    package init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Does `body` with the value while nobody else can. Blocks for as long as another holder takes: keep `body` short. Calling it again
    /// from inside `body` never returns.
    package borrowing func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { value throws(Failure) in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(0, ordering: .releasing) }
            return try body(&value)
        }
    }
}
