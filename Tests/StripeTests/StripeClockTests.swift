import Foundation
import HTTPTestKit
import Stripe
import Testing

@Suite("Stripe's clock")
struct StripeClockTests {
    private static let told = Date(timeIntervalSince1970: 1_795_406_400)
    private let start = ContinuousClock.now

    /// What the clock says, to the second, some seconds after the test began.
    private func reading(_ clock: StripeClock) -> TimeInterval? {
        clock.now.map { $0.timeIntervalSince(Self.told).rounded(.down) }
    }

    @Test("is not known before an answer came, and runs on afterwards whatever this machine believes")
    func runsOn() {
        let clock = StripeClock()
        #expect(clock.now == nil)
        clock.hear(Self.told, at: start - .seconds(90))
        #expect(reading(clock) == 90)
    }

    @Test("follows an answer that says more, and none that was overtaken by another")
    func overtaken() {
        let clock = StripeClock()
        clock.hear(Self.told.addingTimeInterval(100), at: start)
        clock.hear(Self.told.addingTimeInterval(95), at: start)
        #expect(reading(clock) == 100)
        clock.hear(Self.told.addingTimeInterval(86_400), at: start)
        #expect(reading(clock) == 86_400)
    }

    @Test(
        "follows one that stands still, or was set back, when that is behind by more than an hour",
        arguments: [(3599.0, 3599.0), (3601, 0)])
    func setBack(ahead: Double, expected: Double) {
        let clock = StripeClock()
        clock.hear(Self.told, at: start - .seconds(ahead))
        clock.hear(Self.told, at: start)
        #expect(reading(clock) == expected)
    }

    @Test("is told by the answers to a client and its copies")
    func client() async throws {
        try await withStripe([.json(Sample.list([]))]) { stripe, _, _ in
            try await stripe.until(.now + .seconds(5)).readClock()
            #expect(reading(stripe.clock) == 0)
        }
    }
}
