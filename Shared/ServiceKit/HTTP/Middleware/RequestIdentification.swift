import HTTPTypes
import Hummingbird
import Messaging
import ServiceContextModule

/// Gives each request its id and its place in a trace, for the context, for every log line and message beneath, and for the caller.
struct RequestIdentification: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = RequestID.accepted(request.headers[.requestID])
        var service = ServiceContext.current ?? .topLevel
        service.requestID = context.requestID
        service.trace = request.headers[.traceparent].flatMap(TraceContext.init(traceparent:))?.child() ?? .generate()
        var response = try await ServiceContext.withValue(service) { try await next(request, context) }
        response.headers[.requestID] = context.requestID
        return response
    }
}

extension HTTPField.Name {
    /// The id of a request, chosen by the caller or by us.
    static let requestID = HTTPField.Name("X-Request-ID")!
    /// The caller's place in a trace (W3C Trace Context).
    static let traceparent = HTTPField.Name("traceparent")!
}
