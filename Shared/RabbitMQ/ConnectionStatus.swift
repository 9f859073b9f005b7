import DedicatedThread

/// What a connection's thread lets others see of it.
final class ConnectionStatus: Sendable {
    private struct State {
        var isUp = false
        var isBlocked = false
        var lastFailure: RabbitError?
    }

    private let state = Locked(State())

    var isUp: Bool { state.withLock { $0.isUp } }
    var isBlocked: Bool { state.withLock { $0.isBlocked } }
    /// Why there is no connection; nil while there is one or none was tried.
    var lastFailure: RabbitError? { state.withLock { $0.lastFailure } }

    func setUp() {
        state.withLock { $0 = State(isUp: true) }
    }

    func setDown(because failure: RabbitError?) {
        state.withLock { $0 = State(lastFailure: failure) }
    }

    func setBlocked(_ isBlocked: Bool) {
        state.withLock { $0.isBlocked = isBlocked }
    }
}
