import DedicatedThread
import Models

/// Prices that Stripe said can be bought, for a minute: a customer's first click waits for one call less. Who clicks first within a minute of a
/// price's end is told by the session, and has a customer at Stripe by then; whoever comes after has not.
final class PricesOnSale: Sendable {
    private static let life: Duration = .seconds(60)

    private let now: @Sendable () -> ContinuousClock.Instant
    private let seen = Locked<[PriceID: ContinuousClock.Instant]>([:])

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    func knows(_ price: PriceID) -> Bool {
        guard let time = seen.withLock({ $0[price] }) else { return false }
        return time.duration(to: now()) < Self.life
    }

    /// There are as many as plans have.
    func remember(_ price: PriceID) {
        let now = now()
        seen.withLock { $0[price] = now }
    }

    /// To be asked for again: a session was refused.
    func forget(_ price: PriceID) {
        seen.withLock { $0[price] = nil }
    }
}
