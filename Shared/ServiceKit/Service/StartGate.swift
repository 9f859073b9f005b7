import ServiceLifecycle
import Synchronization

/// Holds services back until the database is prepared.
final class StartGate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// Lets everything through, now and later.
    func open() {
        continuation.finish()
    }

    /// Whether it was opened before the service had to stop.
    func isOpened() async -> Bool {
        await cancelWhenGracefulShutdown { [stream] in
            for await _ in stream {}
            return !Task.isCancelled
        }
    }
}

/// A service that begins when the gate is opened, and never when the service is stopped before.
struct BehindGate: Service {
    let gate: StartGate
    let service: any Service

    func run() async throws {
        if await gate.isOpened() { try await service.run() }
    }
}
