import DedicatedThread

/// Deliveries that have come and are not yet handled: filled by the connection's thread, emptied by the handler's task.
final class Arrivals: Sendable {
    /// Which connection a delivery came by: tags mean nothing on another one.
    typealias Generation = Int

    /// Deliveries of one connection, handled together and acknowledged by the last one's tag.
    struct Batch: Sendable {
        var deliveries: [Delivery]
        var lastTag: UInt64
        var generation: Generation
    }

    private struct State {
        var waiting: [(Delivery, UInt64)] = []
        /// The connection whose deliveries wait here; those of older ones come again by a newer one.
        var generation: Generation = 0
        var isClosed = false
    }

    private let state = Locked(State())
    private let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// Adds what has come by connection `generation`, unless that one is given up.
    func append(_ deliveries: [(Delivery, UInt64)], generation: Generation) {
        state.withLock { state in
            guard state.generation == generation else { return }
            state.waiting += deliveries
        }
        signal.yield()
    }

    /// Forgets what came by connections before `generation`, and takes only from that one on.
    func begin(_ generation: Generation) {
        state.withLock { state in
            state.generation = max(state.generation, generation)
            if state.generation == generation { state.waiting = [] }
        }
    }

    /// Ends the waiting of `forEachBatch`. Nothing more is handed out.
    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }

    /// Hands out what has come, at most `maximum` at a time, one batch after the other, until closed or cancelled.
    ///
    /// While less than that has come it waits `gathering` for more. To be called once.
    func forEachBatch(upTo maximum: Int, gathering: Duration, _ body: (Batch) async -> Void) async {
        for await _ in signals {
            while !Task.isCancelled, let count = state.withLock({ $0.isClosed || $0.waiting.isEmpty ? nil : $0.waiting.count }) {
                if gathering > .zero, count < maximum { try? await Task.sleep(for: gathering) }
                guard let batch = take(maximum) else { break }
                await body(batch)
            }
        }
    }

    private func take(_ maximum: Int) -> Batch? {
        state.withLock { state in
            guard !state.isClosed, !state.waiting.isEmpty else { return nil }
            let taken = Array(state.waiting.prefix(max(1, maximum)))
            state.waiting.removeFirst(taken.count)
            return taken.last.map { Batch(deliveries: taken.map(\.0), lastTag: $0.1, generation: state.generation) }
        }
    }
}
