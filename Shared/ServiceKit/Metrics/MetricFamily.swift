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
