import Foundation
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Checkout

@Suite("What enforcement says of a user's access")
struct AccessTests {
    private static let time = CheckoutBench.time

    private static func word(_ generation: Int64, until days: Double, decided seconds: Double) -> AccessChanged {
        AccessChanged(
            userID: "user_1", generation: generation, wanted: .on, reason: "active",
            entitledUntil: time.addingTimeInterval(days * 86_400), decidedAt: time.addingTimeInterval(seconds))
    }

    @Test(
        "the newest word holds: of the highest generation, and within one of the latest decision", .database,
        arguments: [
            (word(1, until: 60, decided: 1), 60), (word(1, until: 60, decided: 0), 30), (word(1, until: 60, decided: -1), 30),
            (word(2, until: 60, decided: -1), 60), (word(0, until: 60, decided: 9), 30),
        ] as [(AccessChanged, Double)])
    func newest(second: AccessChanged, days: Double) async throws {
        let words = [Heard(id: "message-1", message: Self.word(1, until: 30, decided: 0)), Heard(id: "message-2", message: second)]
        // One after the other, or in one delivery.
        for deliveries in [words.map { [$0] }, [words], [words.reversed()]] {
            try await CheckoutBench.run { bench, _ in
                for delivery in deliveries {
                    try await bench.outbox.transaction { work in try await Access.record(delivery, in: work) }
                }
                let shown = try await bench.pool.query("SELECT entitled_until FROM access")[0].get("entitled_until", as: Date.self)
                #expect(shown == Self.time.addingTimeInterval(days * 86_400))
            }
        }
    }
}
