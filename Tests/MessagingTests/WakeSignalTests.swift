import Messaging
import Testing

@Suite("A wake signal", .timeLimit(.minutes(1)))
struct WakeSignalTests {
    @Test("wakes everybody who waits")
    func everybody() async {
        let signal = WakeSignal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { await signal.wait(for: .milliseconds(Int.random(in: 1...40))) } }
            group.addTask { for _ in 0..<100 { signal.raise() } }
        }
    }

    @Test("raised before anyone waits, it lets the next one pass at once")
    func before() async {
        let signal = WakeSignal()
        signal.raise()
        await signal.wait(for: .seconds(3600))
    }

    @Test("returns when its task is cancelled")
    func cancelled() async {
        let signal = WakeSignal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { await signal.wait(for: .seconds(3600)) } }
            group.cancelAll()
        }
    }
}
