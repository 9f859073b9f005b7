package import Hummingbird
import Messaging
package import Models

/// What every context of a request has, whether a customer, an admin or nobody is known to have sent it.
///
/// `request.decode(as:context:)` reads strictly (see `StrictDecoder`) and a returned `ResponseEncodable` is written in snake_case.
package protocol APIRequestContext: RequestContext where Decoder == StrictDecoder, Encoder == AnswerEncoder {
    /// The name of the request: the caller's `X-Request-ID`, or a new one.
    var requestID: String { get }
    /// The address of the peer of the connection.
    var remoteAddress: String? { get }
    /// What is learned about the request on its way, for its log line.
    var journal: RequestJournal { get }
}

extension APIRequestContext {
    /// The reader of bodies.
    package var requestDecoder: StrictDecoder { StrictDecoder() }
    /// The writer of answers.
    package var responseEncoder: AnswerEncoder { AnswerEncoder() }
    /// The size that Hummingbird itself enforces; `StrictDecoder` enforces its own, which is the same.
    package var maxUploadSize: Int { StrictDecoder.bodyLimit }
}

/// The context of a request whose sender is known.
package protocol SenderContext: APIRequestContext {
    /// Who sent it.
    var userID: UserID { get }
}

/// What is known of a request on any route, whoever sent it.
package struct APIContext: APIRequestContext {
    /// What a context is made from.
    package typealias Source = ApplicationRequestContextSource

    /// What the server itself keeps of a request.
    package var coreContext: CoreRequestContextStorage
    /// The id of the request, in its answer and in every log line about it.
    package internal(set) var requestID = ""
    /// The address of the peer of the connection: the gateway's where there is one.
    package let remoteAddress: String?
    /// What the log line of the request will say.
    package let journal = RequestJournal()

    /// A context as the server makes it for each request.
    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress
    }
}

/// The step between a request and its known sender: the bearer token is checked, what it allows is not.
package struct IdentifiedContext: APIRequestContext, ChildRequestContext {
    /// What a context is made from.
    package typealias ParentContext = APIContext

    /// What the server itself keeps of a request.
    package var coreContext: CoreRequestContextStorage
    /// The id of the request, in its answer and in every log line about it.
    package let requestID: String
    /// The address of the peer of the connection: the gateway's where there is one.
    package let remoteAddress: String?
    /// What the log line of the request will say.
    package let journal: RequestJournal
    /// Who sent the request; nil until the token was checked.
    package internal(set) var identity: Identity?

    /// Takes over a request of an unknown sender.
    package init(context: APIContext) {
        coreContext = context.coreContext
        requestID = context.requestID
        remoteAddress = context.remoteAddress
        journal = context.journal
    }
}

/// The context of routes for customers: somebody is known to have sent the request. Admins are customers too.
package struct CustomerContext: SenderContext, ChildRequestContext {
    /// What a context is made from.
    package typealias ParentContext = IdentifiedContext

    /// What the server itself keeps of a request.
    package var coreContext: CoreRequestContextStorage
    /// The id of the request, in its answer and in every log line about it.
    package let requestID: String
    /// The address of the peer of the connection: the gateway's where there is one.
    package let remoteAddress: String?
    /// What the log line of the request will say.
    package let journal: RequestJournal
    /// Who sent the request.
    package let identity: Identity

    /// The user who sent the request.
    package var userID: UserID { identity.userID }

    /// Takes over a request whose token was accepted.
    package init(context: IdentifiedContext) throws {
        coreContext = context.coreContext
        requestID = context.requestID
        remoteAddress = context.remoteAddress
        journal = context.journal
        guard let identity = context.identity else { throw APIError.unauthenticated }
        self.identity = identity
    }
}

/// The context of routes for admins: the sender is known and is an admin with a fresh token.
package struct AdminContext: SenderContext, ChildRequestContext {
    /// What a context is made from.
    package typealias ParentContext = IdentifiedContext

    /// What the server itself keeps of a request.
    package var coreContext: CoreRequestContextStorage
    /// The id of the request, in its answer and in every log line about it.
    package let requestID: String
    /// The address of the peer of the connection: the gateway's where there is one.
    package let remoteAddress: String?
    /// What the log line of the request will say.
    package let journal: RequestJournal
    /// The admin who sent the request.
    package let identity: Identity

    /// The admin who sent the request.
    package var userID: UserID { identity.userID }

    /// Takes over a request whose token was accepted; throws 403 when it is no admin's, or was issued too long ago for one.
    package init(context: IdentifiedContext) throws {
        coreContext = context.coreContext
        requestID = context.requestID
        remoteAddress = context.remoteAddress
        journal = context.journal
        guard let identity = context.identity else { throw APIError.unauthenticated }
        switch identity.role {
        case .admin: self.identity = identity
        case .staleAdmin: throw APIError.forbidden("This admin token was issued too long ago.", code: "admin_token_too_old")
        case .customer: throw APIError.forbidden("Only admins may do this.", code: "admin_only")
        }
    }
}

extension RouterMethods<APIContext> {
    /// Routes for which a valid token is needed, with the sender in their context; everybody else gets 401.
    package func customer(_ path: RouterPath = "", _ authenticator: Authenticator) -> RouterGroup<CustomerContext> {
        identified(path, authenticator, as: .user).group(context: CustomerContext.self)
    }

    /// Routes for admins only; no token gets 401, a customer's or an old one 403.
    package func admin(_ path: RouterPath = "", _ authenticator: Authenticator) -> RouterGroup<AdminContext> {
        identified(path, authenticator, as: .admin).group(context: AdminContext.self)
    }

    private func identified(
        _ path: RouterPath, _ authenticator: Authenticator, as kind: Acting.Kind
    ) -> RouterGroup<IdentifiedContext> {
        group(path, context: IdentifiedContext.self).add(middleware: Authentication(authenticator: authenticator, kind: kind))
    }
}
