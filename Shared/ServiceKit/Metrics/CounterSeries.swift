import CoreMetrics
import Synchronization

/// A whole number that only grows.
final class CounterSeries: CounterHandler, MetricSeries {
    private let value = Atomic<Int64>(0)

    /// A negative amount counts as nothing: a counter that falls looks like a restart to Prometheus.
    func increment(by amount: Int64) {
        value.wrappingAdd(max(0, amount), ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func write(named name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels) \(value.load(ordering: .relaxed))\n"
    }
}

/// A decimal number that only grows.
final class FloatingCounterSeries: FloatingPointCounterHandler, MetricSeries {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        value.withLock { $0 += max(0, amount) }
    }

    func reset() {
        value.withLock { $0 = 0 }
    }

    func write(named name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels) \(value.withLock { $0 })\n"
    }
}
