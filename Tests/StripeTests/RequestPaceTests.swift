import HTTPTestKit
import Stripe
import Synchronization
import Testing

@Suite("Requests that are spaced out", .timeLimit(.minutes(1)))
struct RequestPaceTests {
    private final class Noted: Sendable {
        let turns = Mutex(0)
        let slowed = Mutex<[Duration?]>([])
    }

    /// A client whose turns come when `turn` returns; what it asked and told is noted.
    private func paced<Result>(
        _ script: [StripeStubAnswer], _ noted: Noted, turn: @escaping @Sendable () async throws -> Void = {},
        _ body: (StripeClient) async throws -> Result
    ) async throws -> Result {
        let counted: @Sendable () async throws -> Void = {
            noted.turns.withLock { $0 += 1 }
            try await turn()
        }
        let told: @Sendable (Duration?) async throws -> Void = { wait in noted.slowed.withLock { $0.append(wait) } }
        let pace = RequestPace(turn: counted, slowDown: told)
        let atOnce: @Sendable (Duration) async throws -> Void = { _ in }
        return try await StripeStub.servingClient(script, maxRetries: 1, pace: pace, pause: atOnce) { stripe, _ in try await body(stripe) }
    }

    @Test("wait for a turn before each try, and tell of each 429")
    func tries() async throws {
        let noted = Noted()
        try await paced([.error(429, headers: ["Retry-After": "3"]), .json(Sample.list([]))], noted) { try await $0.readClock() }
        #expect(noted.turns.withLock(\.self) == 2)
        #expect(noted.slowed.withLock(\.self) == [.seconds(3)])
    }

    @Test("are not sent when the turn comes too late")
    func late() async throws {
        let (turns, turn) = AsyncStream<Void>.makeStream()
        defer { turn.finish() }
        let never: @Sendable () async throws -> Void = { for await _ in turns {} }
        let error = await stripeError {
            try await paced([.json(Sample.list([]))], Noted(), turn: never) { try await $0.until(.now + .milliseconds(50)).readClock() }
        }
        #expect(error?.kind == .timeout)
    }
}
