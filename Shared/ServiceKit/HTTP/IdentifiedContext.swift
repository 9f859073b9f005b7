package import Hummingbird

/// The step between a request and its known sender: the bearer token is checked, what it allows is not.
package struct IdentifiedContext: APIRequestContext, ChildRequestContext {
    package typealias ParentContext = APIContext

    package var coreContext: CoreRequestContextStorage
    package let requestID: String
    package let remoteAddress: String?
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
