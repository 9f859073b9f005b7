import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// How one listener speaks HTTP/1.1: Hummingbird's channel, with a guard behind its parser, perhaps direct routes behind that, and a
/// limit on their number.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let http: HTTP1Channel
    private let limits: HTTPLimits
    private let direct: (routes: [DirectRoute], log: AccessLog)?
    private let open = OpenConnections()

    /// A server made of such channels.
    static func server(limits: HTTPLimits, direct: (routes: [DirectRoute], log: AccessLog)? = nil) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in GuardedChannel(responder: responder, limits: limits, direct: direct) }
    }

    private init(
        responder: @escaping HTTPChannelHandler.Responder, limits: HTTPLimits, direct: (routes: [DirectRoute], log: AccessLog)?
    ) {
        // The parser counts the address as a header field. It gets room for both, so that the guard can tell which was too long.
        let parsed = limits.addressBytes * 2 + limits.headerBytes
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: parsed, maxHeaderListSize: parsed, maxHeaderFieldCount: limits.headerFields * 2)))
        self.limits = limits
        self.direct = direct
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard open.add(upTo: limits.connections) else {
            // A failed set-up alone would leave the connection open and nobody responsible for it.
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ConnectionRefusal.tooMany)
        }
        channel.closeFuture.whenComplete { [open] _ in open.remove() }
        return http.setup(channel: channel, logger: logger).flatMapThrowing { [limits, direct] value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let guarded = ConnectionGuard(limits: limits)
            try pipeline.addHandler(guarded, position: .after(parser))
            if let direct {
                try pipeline.addHandler(DirectRouteHandler(routes: direct.routes, log: direct.log), position: .after(guarded))
            }
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await http.handle(value: value, logger: logger)
        }
    }
}

/// The number of connections of a listener.
private final class OpenConnections: Sendable {
    private let count = Mutex(0)

    func add(upTo limit: Int) -> Bool {
        count.withLock {
            guard $0 < limit else { return false }
            $0 += 1
            return true
        }
    }

    func remove() {
        count.withLock { $0 -= 1 }
    }
}
