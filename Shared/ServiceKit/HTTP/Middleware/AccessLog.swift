import HTTPTypes
import Hummingbird
import Logging
import Models

/// Writes one line for each answered request and counts it.
///
/// A line of routine (see `RequestJournal`) is written at `debug` only. The line has the pattern of the route, not the address: what
/// callers write there, in queries least of all, is not for logs.
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
        note(
            method: RequestMetrics.known(request.method),
            route: context.endpointPath.flatMap { $0 == "NotFound" ? nil : $0 } ?? "unmatched", status: response.status.code,
            taken: ContinuousClock.now - began, isRoutine: response.status.code < 400 && context.journal.isRoutine,
            user: context.journal.userID)
        return response
    }

    /// Counts an answered request and writes its line.
    func note(method: String, route: String, status: Int, taken: Duration, isRoutine: Bool, user: UserID?) {
        metrics.record(method: method, route: route, status: status, taken: taken)
        logger.log(
            level: isRoutine ? .debug : .info, "request",
            metadata: [
                "method": .string(method), "route": .string(route), "status": .stringConvertible(status),
                "ms": .stringConvertible(taken.milliseconds), "user_id": user.map { .string($0.rawValue) } ?? "-",
            ])
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
