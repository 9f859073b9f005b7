import CoreMetrics
import Testing

@testable import ServiceKit

@Suite("Metrics")
struct MetricsTests {
    private let registry = PrometheusRegistry(seriesLimit: 3)

    @Test("counters, gauges and histograms are shown as Prometheus reads them")
    func text() {
        Counter(label: "events.handled", dimensions: [("type", "a"), ("service", "x")], factory: registry).increment(by: 2)
        FloatingPointCounter(label: "waited_seconds_total", factory: registry).increment(by: 0.5)
        Meter(label: "outbox_rows", factory: registry).set(7)
        Gauge(label: "lag", factory: registry).record(1.25)
        let timer = Timer(label: "call", dimensions: [("to", "stripe")], factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(30_000_000_000)
        Recorder(label: "batch", factory: registry).record(5)
        let text = registry.text()
        for line in [
            "# TYPE events_handled_total counter\nevents_handled_total{service=\"x\",type=\"a\"} 2\n", "waited_seconds_total 0.5\n",
            "# TYPE outbox_rows gauge\noutbox_rows 7\n", "lag 1.25\n", "# TYPE call_seconds histogram\n",
            "call_seconds_bucket{to=\"stripe\",le=\"0.0005\"} 0\n", "call_seconds_bucket{to=\"stripe\",le=\"0.001\"} 1\n",
            "call_seconds_bucket{to=\"stripe\",le=\"10\"} 1\n", "call_seconds_bucket{to=\"stripe\",le=\"+Inf\"} 2\n",
            "call_seconds_sum{to=\"stripe\"} 30.001\n", "call_seconds_count{to=\"stripe\"} 2\n", "batch_bucket{le=\"5\"} 1\n",
        ] {
            #expect(text.contains(line), "\(line) in \(text)")
        }
    }

    @Test("names and label values are made safe")
    func names() {
        Counter(label: "9 lives-é", dimensions: [("a-b", "say \"hi\"\\\n")], factory: registry).increment()
        #expect(registry.text() == "# TYPE _9_lives___total counter\n_9_lives___total{a_b=\"say \\\"hi\\\"\\\\\\n\"} 1\n")
    }

    @Test("the same name and labels are the same series")
    func same() {
        for _ in 0..<3 { Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment() }
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        #expect(registry.text() == "# TYPE c_total counter\nc_total{a=\"1\",b=\"2\"} 4\n")
    }

    @Test("beyond the limit series are counted together")
    func limit() {
        for number in 0..<100 { Counter(label: "c", dimensions: [("id", "\(number)")], factory: registry).increment() }
        #expect(registry.text().split(separator: "\n").count == 5)
        #expect(registry.text().contains("c_total{id=\"other\"} 97\n"))
    }

    @Test("one name used for two kinds is shown once, and a destroyed series no more")
    func kinds() {
        Meter(label: "x", factory: registry).set(1)
        Recorder(label: "x", factory: registry).record(5)
        #expect(registry.text() == "# TYPE x gauge\nx 1\n")
        let counter = Counter(label: "gone", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(!registry.text().contains("gone"))
    }

    @Test("the process tells its memory, time, threads, descriptors and start")
    func process() throws {
        let text = ProcessMetrics.text()
        for name in [
            "process_resident_memory_bytes", "process_cpu_seconds_total", "process_threads", "process_open_fds",
            "process_start_time_seconds",
        ] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            #expect(try #require(Double(line.split(separator: " ")[1])) > 0)
        }
    }
}
