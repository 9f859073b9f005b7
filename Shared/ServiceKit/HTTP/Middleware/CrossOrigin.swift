import HTTPTypes
import Hummingbird

/// Lets pages of the allowed origins, and of no others, read answers (CORS, as the Fetch standard has it).
///
/// Cookies are never shared this way: other sites send bearer tokens.
struct CrossOrigin: RouterMiddleware {
    typealias Context = APIContext

    let origins: Set<String>

    /// A day; browsers cut it to what they allow (two hours in Chromium).
    private static let maxAge = "86400"
    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let requestFields = "Authorization, Content-Type, Idempotency-Key, X-Request-ID, X-CSRF-Token"
    private static let answerFields = "X-Request-ID, Retry-After"

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let allowed = request.headers[.origin].flatMap { origins.contains($0) ? $0 : nil }
        var response: Response
        if request.method == .options, request.headers[.origin] != nil, request.headers[.accessControlRequestMethod] != nil {
            response = preflight(isAllowed: allowed != nil, context)
        } else {
            response = try await next(request, context)
        }
        // Caches must not give the answer for one origin to another.
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        if let allowed {
            response.headers[.accessControlAllowOrigin] = allowed
            response.headers[.accessControlExposeHeaders] = Self.answerFields
        }
        return response
    }

    private func preflight(isAllowed: Bool, _ context: APIContext) -> Response {
        guard isAllowed else {
            return ErrorAnswer(APIError.forbidden("This origin is not allowed.", code: "origin_not_allowed"))
                .response(requestID: context.requestID)
        }
        let headers: HTTPFields = [
            .accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.requestFields, .accessControlMaxAge: Self.maxAge,
        ]
        return Response(status: .noContent, headers: headers)
    }
}

extension CrossOrigin {
    /// The origins in `ALLOWED_ORIGINS`: scheme and host, perhaps a port, as browsers send them; a star is not one.
    init(settings: Settings) {
        let origins = settings.list("ALLOWED_ORIGINS", default: [])
        if let wrong = origins.first(where: { !Self.isOrigin($0) }) {
            settings.reject("ALLOWED_ORIGINS", because: "holds what is not an origin such as https://shop.example: \"\(wrong.prefix(80))\"")
        }
        self.origins = Set(origins)
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let rest = text.dropFirst(scheme.count)
        return !rest.isEmpty && rest.allSatisfy { ($0.isLowercase || $0.isNumber || ".-:[]".contains($0)) && $0.isASCII }
    }
}
