import TestKit
import Testing

@Suite("Waiting for what a system works off")
struct WorksOffTests {
    @Test("goes on as long as something moves, and ends when nothing is left")
    func moving() async throws {
        var left = 40
        // Forty looks, 50 ms apart, are far more than the stall that is allowed.
        try await worksOff("work", stall: .seconds(1)) {
            left -= 1
            return left == 0 ? nil : "\(left)"
        }
        #expect(left == 0)
    }

    @Test("fails when nothing moves, and when it moves for ever; and says what is left")
    func stuck() async throws {
        let stalled = await #expect(throws: NotInTime.self) { try await worksOff("work", stall: .milliseconds(200)) { "7 events" } }
        #expect(stalled?.description.contains("left are 7 events") == true)
        var looks = 0
        await #expect(throws: NotInTime.self) {
            try await worksOff("work", stall: .seconds(60), within: .milliseconds(200)) {
                looks += 1
                return "\(looks)"
            }
        }
    }
}
