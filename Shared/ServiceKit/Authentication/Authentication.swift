import HTTPTypes
import Hummingbird
import Messaging
import Models

/// Finds the token of a request and lets only requests with an accepted one pass.
struct Authentication: RouterMiddleware {
    typealias Context = IdentifiedContext

    let authenticator: Authenticator
    /// What the sender does is put down to a user, or to an admin.
    let kind: Acting.Kind

    func handle(
        _ request: Request, context: IdentifiedContext, next: @concurrent (Request, IdentifiedContext) async throws -> Response
    ) async throws -> Response {
        guard let token = try Self.token(of: request) else {
            TokenRefusal.missing.count()
            throw APIError.unauthenticated
        }
        let identity = try await authenticator.identity(of: token)
        var context = context
        context.identity = identity
        context.journal.userID = identity.userID
        let acting = Acting(kind, identity.userID.rawValue, by: request, context)
        return try await acting.perform { [context] in try await next(request, context) }
    }

    /// The token of the `Authorization` field; without such a field the one of the session cookie, for which a changing request must
    /// prove that one of our own pages makes it. Nil where there is none.
    private static func token(of request: Request) throws -> String? {
        if let authorization = request.headers[.authorization] { return BearerToken.text(authorization) }
        guard let session = SessionCookie(request.headers) else { return nil }
        if request.method != .get, request.method != .head {
            guard session.isProven(by: request.headers[.csrfToken]) else {
                throw APIError.forbidden("The X-CSRF-Token field is missing or wrong.", code: "csrf_token_invalid")
            }
        }
        return session.token
    }
}

extension HTTPField.Name {
    /// Proves that a page of ours, not of somebody else's site, makes a request with a cookie.
    static let csrfToken = HTTPField.Name("X-CSRF-Token")!
}
