package import Hummingbird
package import Models

/// The context of routes for customers: somebody is known to have sent the request. Admins are customers too.
package struct CustomerContext: APIRequestContext, ChildRequestContext {
    package typealias ParentContext = IdentifiedContext

    package var coreContext: CoreRequestContextStorage
    package let requestID: String
    package let remoteAddress: String?
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
