import Foundation
import Models
import Testing

@testable import Checkout

@Suite("Whether a customer is told that a VM may run")
struct EntitlementTests {
    private static let time = Date(timeIntervalSince1970: 1_767_261_600)

    private func answer(_ status: SubscriptionStatus, heard: TimeInterval, access: AccessRow?) -> SubscriptionAnswer {
        let facts = SubscriptionFacts(
            id: "sub_1", customerID: "cus_1", status: status, currentPeriodEnd: Self.time.addingTimeInterval(86_400), created: Self.time)
        let row = SubscriptionRow(
            facts: facts, userID: "user_1", plan: .basic, sourceTime: Self.time.addingTimeInterval(heard), storedAt: Self.time)
        return SubscriptionAnswer(row, access: access, problem: nil)
    }

    private func access(_ level: AccessLevel) -> AccessRow { AccessRow(wanted: level, entitledUntil: nil, decidedAt: Self.time) }

    @Test(
        "enforcement's word holds, unless a paid subscription is newer than it",
        arguments: [
            (SubscriptionStatus.active, 1.0, AccessLevel.off, true), (.trialing, 1, .off, true), (.active, 0, .off, false),
            (.active, -1, .off, false), (.unpaid, 1, .on, true), (.pastDue, 1, .off, false), (.canceled, 5, .on, true),
        ])
    func word(status: SubscriptionStatus, heard: Double, level: AccessLevel, isEntitled: Bool) {
        #expect(answer(status, heard: heard, access: access(level)).entitled == isEntitled)
    }

    @Test(
        "before enforcement has said anything, a paid subscription counts",
        arguments: [(SubscriptionStatus.active, true), (.incomplete, false)])
    func silence(status: SubscriptionStatus, isEntitled: Bool) {
        #expect(answer(status, heard: 0, access: nil).entitled == isEntitled)
    }
}
