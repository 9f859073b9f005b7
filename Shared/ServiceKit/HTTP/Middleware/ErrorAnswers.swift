import HTTPTypes
import Hummingbird
import Logging

/// Turns whatever a route throws into an answer of the one shape, and logs once what nobody expected.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = APIContext

    let logger: Logger
    let routes: RouteTable

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, request, context)
        }
        // An answer to HEAD has the head that GET would get, and no body.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(to error: any Error, _ request: Request, _ context: APIContext) -> Response {
        if let missing = error as? HTTPError, missing.status == .notFound, context.endpointPath == "NotFound" {
            return unmatched(request, context)
        }
        let answer = ErrorAnswer(error)
        if answer.isUnexpected {
            logger.error(
                "request failed",
                metadata: ["route": .string(context.endpointPath ?? "unmatched"), "error": .string(String(reflecting: error))])
        }
        return answer.response(requestID: context.requestID)
    }

    /// 405 with the methods that the path has, or 404 where it has none.
    private func unmatched(_ request: Request, _ context: APIContext) -> Response {
        let methods = routes.methods(of: request.uri.path)
        guard !methods.isEmpty else {
            return ErrorAnswer(APIError.notFound("There is no such path.")).response(requestID: context.requestID)
        }
        let refusal = APIError(.methodNotAllowed, "method_not_allowed", "This path does not have that method.")
        var response = ErrorAnswer(refusal).response(requestID: context.requestID)
        response.headers[.allow] = methods.joined(separator: ", ")
        return response
    }
}
