package import CoreMetrics
import Synchronization

/// The metrics of a process, collected through swift-metrics and shown as Prometheus text (format 0.0.4).
///
/// Counters end in `_total`, timers in `_seconds` with fixed buckets. A metric has at most `seriesLimit` combinations of labels; further
/// ones are counted together under the label value `other`, so that no input can grow the memory of a service.
package final class PrometheusRegistry: MetricsFactory {
    /// The registry that a running service shows at `/metrics`.
    package static let shared = PrometheusRegistry()

    private let families = Mutex<[String: MetricFamily]>([:])
    private let seriesLimit: Int

    /// An empty registry.
    package init(seriesLimit: Int = 1000) {
        self.seriesLimit = seriesLimit
    }

    /// The counter of this name and these labels, made on first use.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(MetricName.counter(label), dimensions, kind: .counter, make: CounterSeries.init)
    }

    /// The counter of this name and these labels, made on first use.
    package func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(MetricName.counter(label), dimensions, kind: .counter, make: FloatingCounterSeries.init)
    }

    /// The gauge of this name and these labels, made on first use.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(MetricName.plain(label), dimensions, kind: .gauge, make: GaugeSeries.init)
    }

    /// The gauge or histogram of this name and these labels, made on first use.
    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(MetricName.plain(label), dimensions, kind: .gauge, make: GaugeSeries.init) }
        return series(MetricName.plain(label), dimensions, kind: .histogram) { HistogramSeries(bounds: HistogramSeries.sizes) }
    }

    /// The histogram of this name and these labels, made on first use.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(MetricName.timer(label), dimensions, kind: .histogram) { HistogramSeries(bounds: HistogramSeries.seconds) }
    }

    /// Nothing: series last as long as the process, so that no count is lost.
    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Nothing: series last as long as the process, so that no count is lost.
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Nothing: series last as long as the process, so that no count is lost.
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Nothing: series last as long as the process, so that no count is lost.
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Nothing: series last as long as the process, so that no count is lost.
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// Every metric in Prometheus' text format, by name, ending in a line break.
    package func text() -> String {
        let all = families.withLock { $0 }
        var text = ""
        for (name, family) in all.sorted(by: { $0.key < $1.key }) { family.write(named: name, to: &text) }
        return text
    }

    /// The series of that name and those labels, made on first use. A name already used for another kind of metric gives a working
    /// series that is not shown, for Prometheus would refuse the whole page.
    private func series<Series: MetricSeries>(
        _ name: String, _ dimensions: [(String, String)], kind: MetricFamily.Kind, make: () -> Series
    ) -> Series {
        families.withLock { families in
            var family = families[name] ?? MetricFamily(kind: kind)
            guard family.kind == kind else { return make() }
            var labels = MetricName.labels(dimensions)
            if family.series[labels] == nil, family.series.count >= seriesLimit {
                labels = MetricName.labels(dimensions.map { ($0.0, "other") })
            }
            if let known = family.series[labels] { return known as? Series ?? make() }
            let made = make()
            family.series[labels] = made
            families[name] = family
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let gone = family.series.first(where: { $0.value === handler }) else { continue }
                families[name]?.series[gone.key] = nil
            }
        }
    }
}
