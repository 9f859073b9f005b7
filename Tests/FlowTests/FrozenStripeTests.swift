import Foundation
import HTTPTestKit
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("A Stripe that stands still")
struct FrozenStripeTests {
    /// Longer than a delivery waits for what its messages need, shorter than a call waits for its answer.
    private static let standstill = Duration.seconds(8)

    @Test("delays the story, and it ends the same", .database, .broker)
    func story() async throws {
        try await RunningSystem.run { system in
            try await Story(user: "user_story", system: system) {
                try await system.disturb(#"[{"method": "GET", "path": "/v1/", "times": 1000000, "delay_ms": 60000}]"#)
                // lint:allow sleep because that is how long it stands still
                try await Task.sleep(for: Self.standstill)
                await system.sandbox.setFaults([])
            }.play()
            for service in ["checkout", "refund", "analytics", "enforcement"] {
                try await #expect(system.value("SELECT count(*) FROM \(unsafe: service).inbox WHERE status <> 'done'") == "0", "\(service)")
            }
        }
    }
}
