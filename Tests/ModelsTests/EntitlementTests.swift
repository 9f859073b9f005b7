import Foundation
import Models
import Testing

/// The earliest of period end, scheduled end and trial end.
@Suite("Until when a subscription entitles")
struct EntitledUntilTests {
    private static func day(_ day: Double) -> Date { Date(timeIntervalSince1970: 1_767_261_600 + day * 86_400) }

    private static func subscription(_ status: SubscriptionStatus, cancelAt: Double? = nil, trialEnd: Double? = nil) -> SubscriptionFacts {
        SubscriptionFacts(
            id: "sub_1", customerID: "cus_1", status: status, currentPeriodEnd: day(30), cancelAt: cancelAt.map(day),
            trialEnd: trialEnd.map(day), created: day(0))
    }

    @Test(
        "is the earliest end that is known",
        arguments: [
            (subscription(.active), 30.0), (subscription(.active, cancelAt: 12), 12), (subscription(.active, cancelAt: 40), 30),
            // The trial of one that pays is over.
            (subscription(.active, trialEnd: -3), 30), (subscription(.trialing, trialEnd: 7), 7),
            (subscription(.trialing, cancelAt: 5, trialEnd: 7), 5), (subscription(.canceled), nil), (subscription(.unpaid), nil),
            (subscription(.paused), nil), (subscription(.pastDue), nil), (subscription(.incomplete), nil),
            (subscription(SubscriptionStatus(rawValue: "new")), nil),
        ] as [(SubscriptionFacts, Double?)])
    func earliest(subscription: SubscriptionFacts, expected: Double?) {
        #expect(subscription.entitledUntil == expected.map(Self.day))
    }
}
