import Foundation
import Models
import Testing

@testable import SubscriptionEnforcement

@Suite("The decision about a user's access")
struct AccessDecisionTests {
    private static let now = Asked.now
    private static let on = Asked.reading(.active)
    private static let off = Asked.reading(.unpaid)
    private static let entitled = Verdict.on(on, until: Asked.day(20))

    private func decide(
        _ verdict: Verdict, _ wanted: AccessLevel, stopDueIn: TimeInterval? = nil, askedBefore age: TimeInterval = 0
    ) -> AccessDecision {
        let state = AccessState(
            wanted: wanted, generation: wanted == .on ? 1 : 0, entitledUntil: nil,
            stopDueAt: stopDueIn.map { Self.now.addingTimeInterval($0) })
        return AccessDecision(verdict, state: state, asked: Self.now - age, now: Self.now, holdDown: .seconds(60))
    }

    @Test("a start is immediate")
    func start() {
        #expect(decide(Self.entitled, .off) == .start(Self.on, until: Asked.day(20)))
    }

    @Test("a stop is held down first")
    func hold() {
        #expect(decide(.off(.unpaid, Self.off), .on) == .hold(.unpaid, until: Self.now.addingTimeInterval(60)))
    }

    @Test("a second read before the hold-down is over does not stop, and does not begin it anew")
    func early() {
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: 1) == .hold(.unpaid, until: Self.now.addingTimeInterval(1)))
    }

    /// Found by the simulation, seed 21: answers that took eight seconds were asked for before the hold-down was over.
    @Test("a second read that was begun before the hold-down was over does not stop either, and is made again at once")
    func begunEarly() {
        let due = Self.now.addingTimeInterval(-7)
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: -7, askedBefore: 8) == .hold(.unpaid, until: due))
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: -7, askedBefore: 6) == .stop(.unpaid, Self.off))
    }

    @Test("a second read after the hold-down stops, up to ten hold-downs after the first", arguments: [0.0, -1, -540])
    func stop(due: Double) {
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: due) == .stop(.unpaid, Self.off))
    }

    @Test("a hold that could not be confirmed for longer begins anew", arguments: [-541.0, -86_400])
    func stale(due: Double) {
        #expect(decide(.off(.unpaid, Self.off), .on, stopDueIn: due) == .hold(.unpaid, until: Self.now.addingTimeInterval(60)))
    }

    @Test("a payment during the hold-down calls the stop off", arguments: [30.0, -30])
    func calledOff(due: Double) {
        #expect(decide(Self.entitled, .on, stopDueIn: due) == .keep(.on, until: Asked.day(20)))
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

@Suite("The next look at a user, though no event comes")
struct NextLookTests {
    private func next(_ decision: AccessDecision, heard: Bool = false, _ readings: SubscriptionReading...) -> Date? {
        decision.nextLook(after: readings.map(Asked.finding), heard: heard, now: Asked.now)
    }

    private static let running: [(SubscriptionReading, Double)] = {
        let retried = InvoiceReading(invoice: Asked.invoice(next: Asked.day(0.5)))
        let graceful = InvoiceReading(invoice: Asked.invoice(), firstFailedAt: Asked.day(-2.75))
        return [
            (Asked.reading(.active), 1), (Asked.reading(.active, cancelAt: Asked.day(0.25)), 0.25),
            (Asked.reading(.pastDue, invoices: [retried]), 0.5), (Asked.reading(.pastDue, invoices: [graceful]), 0.25),
            // Late by an hour: within another hour; late by a month: within a day.
            (Asked.reading(.active, cancelAt: Asked.day(-1.0 / 24)), 1.0 / 24), (Asked.reading(.active, cancelAt: Asked.day(-30)), 1),
        ]
    }()

    @Test("at whoever is on is when something is to change, and within a day", arguments: running)
    func on(reading: SubscriptionReading, expected: Double) throws {
        let look = try #require(next(.keep(.on, until: nil), reading))
        #expect(abs(look.timeIntervalSince(Asked.day(expected))) < 1)
    }

    @Test("at whoever is off is only while a subscription may come back")
    func off() {
        #expect(next(.keep(.off, until: nil), Asked.reading(.unpaid)) == Asked.day(1))
        let pause = PauseCollection(behavior: "void", resumesAt: Asked.day(0.5))
        #expect(next(.stop(.paused, Asked.reading(.active)), Asked.reading(.active, pause: pause)) == Asked.day(0.5))
        #expect(next(.keep(.off, until: nil), Asked.reading(.canceled), Asked.reading(.active, id: "sub_2", counts: false)) == nil)
        #expect(next(.keep(.off, until: nil)) == nil)
    }

    @Test("at whoever is off though something was heard of them is a minute later: an answer may be older than what was said")
    func heard() {
        #expect(next(.keep(.off, until: nil), heard: true) == Asked.now.addingTimeInterval(60))
        #expect(next(.keep(.off, until: nil), heard: true, Asked.reading(.incomplete)) == Asked.now.addingTimeInterval(60))
        #expect(next(.keep(.on, until: nil), heard: true, Asked.reading(.active)) == Asked.day(1))
    }

    @Test("at a stop that is held down is when that may be confirmed")
    func held() {
        #expect(next(.hold(.unpaid, until: Asked.day(0.1)), Asked.reading(.unpaid)) == Asked.day(0.1))
    }
}
