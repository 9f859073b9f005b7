import ServiceLifecycle
import Synchronization

/// Holds services back until the database is prepared.
final class StartGate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    /// Lets everything through, now and later.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Whether it was opened before the service had to stop.
    ///
    /// Each waits on a stream of its own: a stream whose reader is cancelled ends for all of its readers.
    func isOpened() async -> Bool {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(continuation) }
            return state.isOpen
        }
        if isOpen { return true }
        return await cancelWhenGracefulShutdown {
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
