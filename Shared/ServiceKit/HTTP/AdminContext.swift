package import Hummingbird
package import Models

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
