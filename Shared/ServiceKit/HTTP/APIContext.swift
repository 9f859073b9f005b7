package import Hummingbird

/// What is known of a request on any route, whoever sent it.
package struct APIContext: APIRequestContext {
    package typealias Source = ApplicationRequestContextSource

    package var coreContext: CoreRequestContextStorage
    package internal(set) var requestID = ""
    /// The address of the peer of the connection: the gateway's where there is one.
    package let remoteAddress: String?
    package let journal = RequestJournal()

    /// A context as the server makes it for each request.
    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress
    }
}
