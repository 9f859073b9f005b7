package import Hummingbird
package import Models

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
