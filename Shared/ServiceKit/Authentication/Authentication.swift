package import Foundation
import HTTPTypes
import Hummingbird
import Messaging
package import Models

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

/// A token that gives whoever holds it the rights of its user; no description, dump or log line shows it.
package struct BearerToken: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token as it goes into an `Authorization` field behind `Bearer `.
    package let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Never the token.
    package var description: String { SecretText.mask }
    /// Never the token.
    package var debugDescription: String { SecretText.mask }
    /// Nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The token in an `Authorization` field; nil where it has none.
    static func text(_ authorization: String) -> String? {
        let words = authorization.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }
}

/// Who sent a request, as an accepted token says.
package struct Identity: Sendable, Equatable {
    /// What the sender may do.
    package enum Role: Sendable, Equatable {
        /// A user of the product.
        case customer
        /// An admin whose token is fresh.
        case admin
        /// An admin whose token was issued too long ago to act as one; a customer otherwise.
        case staleAdmin
    }

    /// The `sub` claim.
    package let userID: UserID
    /// The `role` claim, judged by the age of the token.
    package let role: Role
    /// The `email` claim, where there is one.
    package let email: String?
    /// When the token ends.
    package let expiresAt: Date
    /// The token itself, to ask other services in the sender's name.
    package let token: BearerToken
}
