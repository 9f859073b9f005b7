import CoreMetrics
import HTTPTypes
package import Models
import Synchronization

/// Rate, errors and duration of requests: `http_requests_total{method,route,status}`, `http_request_duration_seconds{method,route}` and
/// `http_requests_in_flight`.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Instruments {
        let count: any CounterHandler
        let duration: any TimerHandler
    }

    private let registry: PrometheusRegistry
    private let service: String
    private let inFlight: any MeterHandler
    private let known = Mutex<[Key: Instruments]>([:])

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    init(registry: PrometheusRegistry, service: String) {
        self.registry = registry
        self.service = service
        inFlight = registry.makeMeter(label: "http_requests_in_flight", dimensions: [("service", service)])
    }

    /// The method's name; `OTHER` for any that callers make up, which must not become a label.
    static func known(_ method: HTTPRequest.Method) -> String {
        methods.contains(method.rawValue) ? method.rawValue : "OTHER"
    }

    func began() { inFlight.increment(by: 1) }
    func ended() { inFlight.decrement(by: 1) }

    func record(method: String, route: String, status: Int, taken: Duration) {
        let instruments = instruments(Key(method: method, route: route, status: status))
        instruments.count.increment(by: 1)
        instruments.duration.recordNanoseconds(taken.components.seconds * 1_000_000_000 + taken.components.attoseconds / 1_000_000_000)
    }

    private func instruments(_ key: Key) -> Instruments {
        known.withLock { known in
            if let instruments = known[key] { return instruments }
            let labels = [("service", service), ("method", key.method), ("route", key.route)]
            let instruments = Instruments(
                count: registry.makeCounter(label: "http_requests_total", dimensions: labels + [("status", "\(key.status)")]),
                duration: registry.makeTimer(label: "http_request_duration_seconds", dimensions: labels))
            known[key] = instruments
            return instruments
        }
    }
}

/// What is learned about a request on its way inwards, kept for the log line written on its way out.
package final class RequestJournal: Sendable {
    private struct Entries {
        var sender: UserID?
        var isRoutine = false
    }

    private let entries = Mutex(Entries())

    init() {}

    /// The user whose token was accepted, once it was.
    package internal(set) var userID: UserID? {
        get { entries.withLock(\.sender) }
        set { entries.withLock { $0.sender = newValue } }
    }

    /// Whether the request is one of very many, each of which leaves a row that tells more than a line could: then its line, if all goes
    /// well, is for those who look at `debug`.
    package var isRoutine: Bool {
        get { entries.withLock(\.isRoutine) }
        set { entries.withLock { $0.isRoutine = newValue } }
    }
}
