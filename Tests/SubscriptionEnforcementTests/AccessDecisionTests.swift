import Foundation
import Models
import Testing

@testable import SubscriptionEnforcement

@Suite("The decision about a user's access")
struct AccessDecisionTests {
    private static let now = AccessPolicyTests.time
    private static let on = AccessPolicyTests.reading(.active)
    private static let off = AccessPolicyTests.reading(.unpaid)

    private func decide(_ verdict: Verdict, _ wanted: AccessLevel, stopDueIn: TimeInterval? = nil) -> AccessDecision {
        let state = AccessState(
            wanted: wanted, generation: wanted == .on ? 1 : 0, entitledUntil: nil,
            stopDueAt: stopDueIn.map { Self.now.addingTimeInterval($0) })
        return AccessDecision(verdict, state: state, now: Self.now, holdDown: .seconds(60))
    }

    @Test("a start is immediate")
    func start() {
        #expect(decide(.on(Self.on), .off) == .start(Self.on))
    }

    @Test("a stop is held down first")
    func hold() {
        #expect(decide(.off(.unpaid, Self.off), .on) == .hold(.unpaid, Self.off, until: Self.now.addingTimeInterval(60)))
    }

    @Test("a second read before the hold-down is over does not stop, and does not begin it anew")
    func early() {
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: 1) == .hold(.unpaid, Self.off, until: Self.now.addingTimeInterval(1)))
    }

    @Test("a second read after the hold-down stops", arguments: [0.0, -1, -3600])
    func stop(due: Double) {
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: due) == .stop(.unpaid, Self.off))
    }

    @Test("a payment during the hold-down calls the stop off", arguments: [30.0, -30])
    func calledOff(due: Double) {
        #expect(decide(.on(Self.on), .on, stopDueIn: due) == .keep(.on, until: Self.on.subscription.currentPeriodEnd))
    }

    @Test("who is off stays off without a command", arguments: [Verdict.off(.unpaid, off), .undecided("why")])
    func neverOn(verdict: Verdict) {
        #expect(decide(verdict, .off) == .keep(.off, until: nil))
    }

    @Test("who is on and cannot be judged stays on and is looked at again", arguments: [nil, -100.0])
    func undecided(due: Double?) {
        #expect(decide(.undecided("why"), .on, stopDueIn: due) == .undecided("why"))
    }
}
