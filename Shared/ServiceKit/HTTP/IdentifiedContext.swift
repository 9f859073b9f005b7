package import Hummingbird

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
