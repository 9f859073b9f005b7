import Messaging
import Testing

@Suite("The delay between two tries")
struct RetryPolicyTests {
    @Test(
        "doubles from a second to the maximum", arguments: [(1, 1.0), (2, 2.0), (3, 4.0), (10, 512.0), (13, 3600.0), (500, 3600.0)])
    func doubling(attempts: Int, seconds: Double) {
        let policy = RetryPolicy()
        #expect(policy.delay(afterAttempts: attempts, random: 0) == .seconds(seconds / 2))
        #expect(policy.delay(afterAttempts: attempts, random: 1) == .seconds(seconds))
    }
}
