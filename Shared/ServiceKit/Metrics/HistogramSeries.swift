import CoreMetrics
import Synchronization

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
