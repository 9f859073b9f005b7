import Synchronization

/// Counts across tasks.
final class Counter: Sendable {
    private let counted = Atomic(0)

    var value: Int { counted.load(ordering: .relaxed) }

    /// Counts one more and returns how many that makes.
    @discardableResult
    func count() -> Int { counted.add(1, ordering: .relaxed).newValue }
}
