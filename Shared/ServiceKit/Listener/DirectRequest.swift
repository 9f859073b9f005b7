import Messaging
import NIOHTTP1

/// A request on its way to a direct route.
struct DirectRequest {
    let route: DirectRoute
    let head: HTTPRequestHead
    let began = ContinuousClock.now
    var body: [UInt8] = []
    /// As `RequestIdentification` would have it.
    let requestID: String
    let trace: TraceContext
    let field: String?

    /// Reads a head; nil when it is for another path, or has anything that the router alone knows how to take.
    init?(head: HTTPRequestHead, for routes: [DirectRoute]) {
        guard head.version == .http1_1, let route = routes.first(where: { $0.path == head.uri }),
            route.method.rawValue == head.method.rawValue
        else { return nil }
        var length: Int?
        var (requestID, traceparent, field): (String?, String?, String?)
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "content-length": length = Int(value) ?? .max
            case "x-request-id": requestID = value
            case "traceparent": traceparent = value
            case route.field: field = value
            // A browser's page, a body that is not here, or not as it is.
            case "origin", "transfer-encoding", "content-encoding", "expect": return nil
            default: break
            }
        }
        guard let length = length ?? (route.method == .get ? 0 : nil), length <= route.longestBody else { return nil }
        self.route = route
        self.head = head
        self.requestID = RequestID.accepted(requestID)
        self.field = field
        trace = traceparent.flatMap(TraceContext.init(traceparent:))?.child() ?? .generate()
        body.reserveCapacity(length)
    }
}
