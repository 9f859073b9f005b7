import TestKit
import Testing

@Suite("From Subscribe to a VM that stops, and back")
struct PurchaseFlowTests {
    @Test("a customer subscribes, fails to renew, loses the VM after the fourth attempt, pays, and has it back", .database, .broker)
    func wholeStory() async throws {
        try await RunningSystem.run { system in try await Story(user: "user_story", system: system).play() }
    }
}
