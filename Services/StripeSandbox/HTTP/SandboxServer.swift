import AsyncHTTPClient
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP listener.
///
/// Built on Hummingbird's server rather than its `Application`, which would put the wall clock's time into every `Date` header.
struct SandboxServer: Service {
    let front: HTTPFront
    let host: String
    let port: Int
    let logger: Logger
    /// Called with the port once it is bound.
    let onBound: @Sendable (Int) async -> Void

    func run() async throws {
        let server = Server(
            childChannelSetup: HTTP1Channel(
                responder: { [front] request, writer, channel in
                    let answer = await front.respond(to: request)
                    if answer.isDropped {
                        try await channel.close()
                        return
                    }
                    var head = HTTPResponse(status: .init(code: answer.status), headerFields: answer.fields)
                    head.headerFields[.contentLength] = String(answer.body.utf8.count)
                    let body = request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(string: answer.body))
                    try await writer.write(response: head, body: body)
                },
                // Longer than any client of ours keeps an idle connection.
                configuration: .init(idleTimeout: .seconds(75))),
            configuration: ServerConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { [onBound] channel in await onBound(channel.localAddress?.port ?? 0) },
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, logger: logger)
        try await server.run()
    }
}
