import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle

/// An HTTP listener as a service of its own. When it is shut down it accepts nothing more and finishes the requests it has.
struct Listener<Responder: HTTPResponder>: Service where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    private let application: Application<Responder>

    init(
        responder: Responder, host: String, port: Int, channel: HTTPServerBuilder, logger: Logger,
        onOpen: @escaping @Sendable (Int) async -> Void
    ) {
        // The server's own lines (it listens, a peer hung up) are for those who look for them.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        application = Application(
            responder: responder, server: channel,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { channel in await onOpen(channel.localAddress?.port ?? port) }, logger: quiet)
    }

    func run() async throws {
        try await application.run()
    }
}

/// Where the two listeners of a service are.
struct ListenerConfiguration {
    let host: String
    let port: Int
    let managementPort: Int

    /// Port 0 lets the system choose.
    init(settings: Settings) {
        host = settings.string("HTTP_HOST", default: "0.0.0.0")
        port = settings.integer("HTTP_PORT", default: 8080, in: 0...65535)
        managementPort = settings.integer("MANAGEMENT_PORT", default: 9090, in: 0...65535)
    }
}

/// Where a running service can be reached.
package struct ServiceAddresses: Sendable, Equatable {
    /// The host both listeners are bound to.
    package let host: String
    /// The port of the public listener, chosen by the system where `HTTP_PORT` is 0.
    package let port: Int
    /// The port of `/livez`, `/readyz` and `/metrics`.
    package let managementPort: Int
}
