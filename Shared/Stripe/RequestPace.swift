/// Spaces requests out, for whoever shares Stripe's limits with others.
package struct RequestPace: Sendable {
    /// Returns when the next request may leave; asked before each try.
    package let turn: @Sendable () async throws -> Void
    /// Told of each 429, with the wait that the answer asks for.
    package let slowDown: @Sendable (_ retryAfter: Duration?) async throws -> Void

    package init(
        turn: @escaping @Sendable () async throws -> Void, slowDown: @escaping @Sendable (_ retryAfter: Duration?) async throws -> Void
    ) {
        self.turn = turn
        self.slowDown = slowDown
    }
}
