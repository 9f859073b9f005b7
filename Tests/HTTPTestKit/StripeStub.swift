import DedicatedThread
import NIOCore
import NIOPosix

/// A stand-in for Stripe's API that gives scripted answers, in order, and records what came over the wire, byte by byte.
///
/// It knows nothing of Stripe: what it is asked is for the test to check. A request beyond the script gets a 599 that is not to be retried.
package final class StripeStub: Sendable {
    private struct State {
        var script: [StripeStubAnswer]
        var received: [StripeStubRequest] = []
    }

    /// Where to point the client.
    package let url: String
    /// Every request as it arrives; one reader at a time.
    package let arrivals: AsyncStream<StripeStubRequest>
    private let arrived: AsyncStream<StripeStubRequest>.Continuation
    private let state: Locked<State>

    private init(port: Int, script: [StripeStubAnswer]) {
        url = "http://127.0.0.1:\(port)"
        state = Locked(State(script: script))
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    /// The requests so far, in the order of their arrival.
    package var received: [StripeStubRequest] { state.withLock(\.received) }

    /// From now on gives these answers, in place of what is left of the script.
    package func script(_ answers: [StripeStubAnswer]) { state.withLock { $0.script = answers } }

    /// Runs `body` with a stub on a free port of 127.0.0.1, which is closed with all its connections when `body` returns or throws.
    package static func serving<Result>(
        _ script: [StripeStubAnswer], _ body: (StripeStub) async throws -> Result
    ) async throws -> Result {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // Nothing is read before somebody serves the connection. One that comes while the stub ends is never served: as a bare channel it may be
            // dropped, where NIO traps on an asynchronous one.
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0) { channel in channel.eventLoop.makeSucceededFuture(channel) }
        guard let port = server.channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        let stub = StripeStub(port: port, script: script)
        let (everyoneAccepted, accepted) = AsyncStream<Never>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await stub.accept(from: server, atEnd: { accepted.finish() }) }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(stub)) } catch { result = .failure(error) }
            // Closed first and cancelled second, so that whoever waits to be accepted is served yet.
            try? await server.channel.close()
            for await _ in everyoneAccepted {}
            group.cancelAll()
            return try result.get()
        }
    }

    private func accept(
        from server: NIOAsyncChannel<any Channel, Never>, atEnd: @Sendable () -> Void
    ) async throws {
        defer { atEnd() }
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    // A client that goes away in the middle is what many a test is about.
                    group.addTask { try? await self.serve(connection) }
                }
                atEnd()
            }
        }
    }

    private func serve(_ channel: any Channel) async throws {
        let connection = try await channel.eventLoop.submit {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }.get()
        try await connection.executeThenClose { inbound, outbound in
            try await channel.setOption(.autoRead, value: true).get()
            var bytes = ByteBuffer()
            for try await part in inbound {
                bytes.writeImmutableBuffer(part)
                while let request = StripeStubRequest(consuming: &bytes) {
                    let answer = record(request)
                    guard let answer else { continue }
                    try await outbound.write(ByteBuffer(bytes: answer.bytes))
                    if answer.hangsUp { return }
                }
            }
        }
    }

    /// The next answer of the script; nil for one that never comes.
    private func record(_ request: StripeStubRequest) -> StripeStubAnswer? {
        let answer = state.withLock { state in
            state.received.append(request)
            return state.script.isEmpty ? .endOfScript : state.script.removeFirst()
        }
        arrived.yield(request)
        return answer.isSilence ? nil : answer
    }
}
