import Foundation

/// What the kernel knows about this process, under the names that Prometheus dashboards expect.
enum ProcessMetrics {
    /// Prometheus text; what cannot be read is left out. Read from `/proc`, so nothing is shown where there is none.
    static func text() -> String {
        var text = ""
        let fields = statistics()
        if fields.count > 21 {
            let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            let cpu = ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks
            add("process_cpu_seconds_total", "counter", cpu, to: &text)
            add("process_threads", "gauge", Double(fields[17]) ?? 0, to: &text)
            add("process_resident_memory_bytes", "gauge", (Double(fields[21]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))), to: &text)
            if let boot = bootTime() {
                add("process_start_time_seconds", "gauge", boot + (Double(fields[19]) ?? 0) / ticks, to: &text)
            }
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            add("process_open_fds", "gauge", Double(open.count), to: &text)
        }
        return text
    }

    /// The fields of `/proc/self/stat` behind the name of the program, which may itself hold spaces and parentheses.
    private static func statistics() -> [Substring] {
        guard let line = read("/proc/self/stat"), let end = line.lastIndex(of: ")") else { return [] }
        return line[line.index(after: end)...].split(separator: " ")
    }

    private static func bootTime() -> Double? {
        read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    /// Files under `/proc` have no size, so they are read until they end.
    private static func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        return (try? file.readToEnd()).flatMap { String(data: $0, encoding: .utf8) }
    }

    private static func add(_ name: String, _ type: String, _ value: Double, to text: inout String) {
        text += "# TYPE \(name) \(type)\n\(name) \(PrometheusNumber.text(value))\n"
    }
}
