import CoreMetrics
import Synchronization

/// All series of one metric.
struct MetricFamily {
    /// What Prometheus calls the type.
    enum Kind: String {
        case counter, gauge, histogram
    }

    let kind: Kind
    /// By their labels as they are shown, such as `{method="GET"}`; the empty text where there are none.
    var series: [String: any MetricSeries] = [:]

    init(kind: Kind) {
        self.kind = kind
    }

    func write(named name: String, to text: inout String) {
        if series.isEmpty { return }
        text += "# TYPE \(name) \(kind.rawValue)\n"
        for (labels, one) in series.sorted(by: { $0.key < $1.key }) { one.write(named: name, labels: labels, to: &text) }
    }
}

/// One metric with one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Appends its lines.
    func write(named name: String, labels: String, to text: inout String)
}

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

/// A number that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    private let value = Mutex(0.0)

    func set(_ number: Int64) { value.withLock { $0 = Double(number) } }
    func set(_ number: Double) { value.withLock { $0 = number } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ number: Int64) { set(number) }
    func record(_ number: Double) { set(number) }

    func write(named name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels) \(PrometheusNumber.text(value.withLock { $0 }))\n"
    }
}

/// Numbers as Prometheus reads them.
enum PrometheusNumber {
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        return number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
    }
}

/// How often measurements fell below fixed bounds, and their sum.
final class HistogramSeries: TimerHandler, RecorderHandler, MetricSeries {
    /// From half a millisecond, where a cached read lies, to the ten seconds after which clients have gone.
    static let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// For sizes of batches and the like.
    static let sizes: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000]

    private struct Totals {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let totals: Mutex<Totals>

    init(bounds: [Double]) {
        self.bounds = bounds
        totals = Mutex(Totals(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ number: Int64) { record(Double(number)) }

    func record(_ number: Double) {
        guard number.isFinite else { return }
        let bucket = bounds.firstIndex { number <= $0 } ?? bounds.count
        totals.withLock {
            $0.counts[bucket] += 1
            $0.sum += number
        }
    }

    func write(named name: String, labels: String, to text: inout String) {
        let now = totals.withLock { $0 }
        var seen: UInt64 = 0
        for (index, count) in now.counts.enumerated() {
            seen += count
            let bound = index < bounds.count ? PrometheusNumber.text(bounds[index]) : "+Inf"
            text += "\(name)_bucket\(MetricName.labels(labels, and: "le", bound)) \(seen)\n"
        }
        text += "\(name)_sum\(labels) \(now.sum)\n\(name)_count\(labels) \(seen)\n"
    }
}
