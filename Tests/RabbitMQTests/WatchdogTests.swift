import DedicatedThread
import TestKit
import Testing

@testable import RabbitMQ

@Suite("The watchdog", .timeLimit(.minutes(1)))
struct WatchdogTests {
    @Test("bites at each deadline, whatever the order they were set in")
    func order() async throws {
        let bites = Locked<[Int]>([])
        let start = ContinuousClock.now
        for delay in [300, 100, 200] {
            _ = Watchdog.shared.watch(for: .milliseconds(delay)) { [start] in
                #expect(start.duration(to: .now) >= .milliseconds(delay))
                bites.withLock { $0.append(delay) }
            }
        }
        try await eventually("three bites", within: .seconds(5)) { bites.withLock { $0 } == [100, 200, 300] }
    }

    @Test("does not bite when called off")
    func cancelled() async throws {
        let bites = Locked<[String]>([])
        Watchdog.shared.cancel(Watchdog.shared.watch(for: .milliseconds(500)) { bites.withLock { $0.append("cancelled") } })
        _ = Watchdog.shared.watch(for: .milliseconds(600)) { bites.withLock { $0.append("kept") } }
        try await eventually("the kept one", within: .seconds(5)) { bites.withLock { !$0.isEmpty } }
        #expect(bites.withLock { $0 } == ["kept"])
    }
}
