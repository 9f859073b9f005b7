import DedicatedThread

/// Lets one task wait until there is something to do or a while has passed, and others wake it. Raising it twice before anyone waits
/// wakes once; raising it while the waiter works makes the next wait return at once, so nothing is missed.
package final class WakeSignal: Sendable {
    private struct State {
        var raised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    /// A signal that is not raised.
    package init() {}

    /// Wakes the waiter, or the next one to come.
    package func raise() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.raised = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
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
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Bool in
                    if state.raised || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state.waiter = nil }
                return state.waiter
            }?.resume()
        }
    }
}
