import DedicatedThread

/// Lets tasks wait until there is something to do or a while has passed, and others wake them. Raising it twice before anyone waits
/// wakes once; raising it while a waiter works makes the next wait return at once, so nothing is missed. Whoever waits when it is raised
/// is woken, all of them.
package final class WakeSignal: Sendable {
    private struct State {
        var raised = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Locked(State())

    /// A signal that is not raised.
    package init() {}

    /// Wakes those who wait, or the next one to come.
    package func raise() {
        let woken = state.withLock { state in
            state.raised = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns when raised, after `timeout`, or when the task is cancelled, whichever is first.
    package func wait(for timeout: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: timeout) }
            group.addTask { await self.waitUntilRaised() }
            await group.next()
            group.cancelAll()
        }
        state.withLock { $0.raised = false }
    }

    private func waitUntilRaised() async {
        let ticket = state.withLock { state in
            defer { state.nextWaiter += 1 }
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.raised || Task.isCancelled { return true }
                    state.waiters[ticket] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
        }
    }
}
