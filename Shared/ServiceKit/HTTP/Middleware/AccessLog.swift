import HTTPTypes
import Hummingbird
import Logging
import Models

/// Writes one line for each answered request and counts it.
///
/// A line of routine (see `RequestJournal`) is written at `debug` only. The line has the pattern of the route, not the address: what callers write there, in queries least of all, is not for logs.
struct AccessLog: RouterMiddleware {
    typealias Context = APIContext

    let logger: Logger
    let metrics: RequestMetrics

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        metrics.began()
        defer { metrics.ended() }
        let response = try await next(request, context)
        let taken = ContinuousClock.now - began
        let method = RequestMetrics.known(request.method)
        let route = context.endpointPath.flatMap { $0 == "NotFound" ? nil : $0 } ?? "unmatched"
        metrics.record(method: method, route: route, status: response.status.code, taken: taken)
        let isRoutine = response.status.code < 400 && context.journal.isRoutine
        logger.log(
            level: isRoutine ? .debug : .info, "request",
            metadata: [
                "method": .string(method), "route": .string(route), "status": .stringConvertible(response.status.code),
                "ms": .stringConvertible(taken.milliseconds), "user_id": context.journal.userID.map { .string($0.rawValue) } ?? "-",
            ])
        return response
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
