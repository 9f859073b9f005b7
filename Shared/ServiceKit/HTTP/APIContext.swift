package import Hummingbird

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
