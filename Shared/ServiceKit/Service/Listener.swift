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
