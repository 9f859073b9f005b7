import DedicatedThread

/// A batch on its way: who waits for it, and what is known of each message.
///
/// It is settled exactly once, by whichever comes first: the last message's result, an error, the deadline or the caller's
/// cancellation. Whatever comes later is ignored.
final class Submission: Sendable {
    let batch: [Publication]

    private struct Progress {
        var results: [PublishResult?]
        var missing: Int
        var isBegun = false
        var waiter: CheckedContinuation<[PublishResult], any Error>?
    }

    private enum State {
        case open(Progress)
        case settled(Result<[PublishResult], any Error>)
    }

    private let state: Locked<State>

    init(_ batch: [Publication]) {
        self.batch = batch
        state = Locked(.open(Progress(results: Array(repeating: nil, count: batch.count), missing: batch.count)))
    }

    /// Waits until settled.
    func results() async throws -> [PublishResult] {
        try await withCheckedThrowingContinuation { continuation in
            let settled: Result<[PublishResult], any Error>? = state.withLock { state in
                switch state {
                case .settled(let result):
                    return result
                case .open(var progress):
                    progress.waiter = continuation
                    state = .open(progress)
                    return nil
                }
            }
            if let settled { continuation.resume(with: settled) }
        }
    }

    /// Whether anything sent on its behalf would be for nobody.
    var isSettled: Bool {
        state.withLock { if case .settled = $0 { true } else { false } }
    }

    /// Whether any message of it may have reached the broker.
    var isBegun: Bool {
        state.withLock { if case .open(let progress) = $0 { progress.isBegun } else { true } }
    }

    /// Notes that messages are being sent.
    func begin() {
        state.withLock { state in
            guard case .open(var progress) = state, !progress.isBegun else { return }
            progress.isBegun = true
            state = .open(progress)
        }
    }

    /// Notes what became of one message, once per message; the last one settles the batch.
    func resolve(_ index: Int, _ result: PublishResult) {
        let waiter: (CheckedContinuation<[PublishResult], any Error>, [PublishResult])? = state.withLock { state in
            guard case .open(var progress) = state, progress.results[index] == nil else { return nil }
            // Emptied meanwhile, so that the array is changed in place and not copied.
            state = .settled(.success([]))
            progress.results[index] = result
            progress.missing -= 1
            guard progress.missing == 0 else {
                state = .open(progress)
                return nil
            }
            let results = progress.results.compactMap(\.self)
            state = .settled(.success(results))
            return progress.waiter.map { ($0, results) }
        }
        if let (waiter, results) = waiter { waiter.resume(returning: results) }
    }

    /// Settles the batch with `error`, unless it is settled.
    func fail(_ error: any Error) {
        let waiter: CheckedContinuation<[PublishResult], any Error>? = state.withLock { state in
            guard case .open(let progress) = state else { return nil }
            state = .settled(.failure(error))
            return progress.waiter
        }
        waiter?.resume(throwing: error)
    }
}
