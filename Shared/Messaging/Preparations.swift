/// Brings what the messages of a delivery need from outside, side by side: some of them ask Stripe.
///
/// Those that fail keep none of the others back. What takes too long is given up, to be tried again by itself: a Stripe that stands still
/// delays only the messages that need it.
struct Preparations: Sendable {
    typealias Result = Swift.Result<Dispatch.Prepared, any Error>

    /// How long all of them have together.
    let patience: Duration
    /// Whether messages of that type may ask others.
    let asks: @Sendable (String) -> Bool
    let prepare: @Sendable (Incoming) async throws -> Dispatch.Prepared

    private static let sideBySide = 8
    /// How long the next eight have when the time of all is over: who asks nobody is not kept back by those who do.
    private static let slice = Duration.milliseconds(200)

    /// Others do not wait any longer for what a message needs.
    private struct TooSlow: Error, CustomStringConvertible {
        var description: String { "what it needs from outside took too long to wait for" }
    }

    private enum Step: Sendable {
        case ended(Int, Result)
        case timeIsOver
    }

    /// What was brought for each message, in their order. Throws only when cancelled.
    func bring(for messages: [Incoming]) async throws -> [(Incoming, Result)] {
        var results: [Int: Result] = [:]
        var (rest, time) = (Array(messages.indices)[...], patience)
        while !rest.isEmpty {
            let brought: [(Int, Result)]
            (rest, brought) = try await bring(rest, of: messages, within: time)
            results.merge(brought) { $1 }
            time = Self.slice
        }
        return messages.enumerated().compactMap { place, message in results[place].map { (message, $0) } }
    }

    /// The same until `time` is over; and the places of those that were not begun by then.
    private func bring(
        _ places: ArraySlice<Int>, of messages: [Incoming], within time: Duration
    ) async throws -> (rest: ArraySlice<Int>, brought: [(Int, Result)]) {
        try await withThrowingTaskGroup(of: Step.self) { group in
            var (rest, brought, running, isOver) = (places, [(Int, Result)](), 0, false)
            if places.contains(where: { asks(messages[$0].header.type) }) {
                group.addTask {
                    try await Task.sleep(for: time)
                    return .timeIsOver
                }
            }
            repeat {
                while !isOver, running < Self.sideBySide, let place = rest.popFirst() {
                    running += 1
                    group.addTask {
                        do { return .ended(place, .success(try await prepare(messages[place]))) } catch {
                            return .ended(place, .failure(error))
                        }
                    }
                }
                switch try await group.next() {
                case .ended(let place, let result)?:
                    running -= 1
                    brought.append((place, isOver ? result.mapError { _ -> any Error in TooSlow() } : result))
                case .timeIsOver?:
                    isOver = true
                    group.cancelAll()
                case nil: running = 0
                }
            } while running > 0
            group.cancelAll()
            try Task.checkCancellation()
            return (rest, brought)
        }
    }
}
