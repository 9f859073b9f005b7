import DedicatedThread

/// Lets one of several tasks run at a time: the world, or one job that the world has started or resumed. A job runs until it waits for a time of
/// the world's, or has ended; so the same seed gives the same run, however busy the machine is.
final class Baton: Sendable {
    private let world = Locked<CheckedContinuation<Void, Never>?>(nil)

    /// Runs `hand`, which gives the baton to a job, and waits until it is back.
    func lend(_ hand: () -> Void) async {
        await withCheckedContinuation { continuation in
            world.withLock { $0 = continuation }
            hand()
        }
    }

    /// Gives the baton back to the world; called by the job that has it.
    func giveBack() {
        let continuation = world.withLock { world in
            defer { world = nil }
            return world
        }
        continuation?.resume()
    }
}

/// Something that a replica does: it may wait at Stripe for as long as the world likes.
final class Job: Sendable {
    /// The job in whose name the running code is.
    @TaskLocal static var current: Job?

    /// What it is for, such as `look user_3`.
    let name: String
    /// Whose life it is about.
    let life: Int
    /// The replica that does it, and which of its processes: the jobs of one that has been killed end where they are.
    let replica: Int
    let process: Int
    /// The messages that it has in hand, which are not acknowledged while it has them.
    let deliveries: [World.Delivery]
    /// Whether what it leaves is something for checkout and refund to see to.
    let isAboutMoney: Bool
    private let state = Locked(State())

    private struct State {
        var continuation: CheckedContinuation<Void, any Error>?
        var isOver = false
        var isDead = false
        /// Statements that it may yet run before its process is killed, and what that does; nil where it is spared.
        var statementsLeft: Int?
        var kill: (@Sendable () -> Void)?
    }

    init(_ name: String, life: Int, replica: Int, process: Int, deliveries: [World.Delivery] = [], isAboutMoney: Bool = false) {
        self.isAboutMoney = isAboutMoney
        (self.name, self.life, self.replica, self.process, self.deliveries) = (name, life, replica, process, deliveries)
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    func end() { state.withLock { $0.isOver = true } }

    /// Whether its process was killed. What it still does then has no effect: it can reach neither the database nor Stripe.
    var isDead: Bool { state.withLock { $0.isDead } }

    func die() { state.withLock { $0.isDead = true } }

    /// Has its process killed by `kill` after so many statements.
    func doom(after statements: Int, _ kill: @escaping @Sendable () -> Void) {
        state.withLock { ($0.statementsLeft, $0.kill) = (statements, kill) }
    }

    /// Throws `CancellationError` where its process is dead.
    func live() throws { if isDead { throw CancellationError() } }

    /// The job that runs is about to run a statement.
    @Sendable static func takeStatement() throws {
        guard let job = current else { return }
        try job.live()
        let kill = job.state.withLock { state in
            guard let left = state.statementsLeft else { return nil as (@Sendable () -> Void)? }
            state.statementsLeft = left - 1
            return left == 0 ? state.kill : nil
        }
        kill?()
        try job.live()
    }

    /// Gives the baton back and waits to be resumed.
    func wait(_ baton: Baton) async throws {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { $0.continuation = continuation }
            baton.giveBack()
        }
    }

    /// Lets it go on, or ends it where it waits.
    func resume(throwing error: (any Error)? = nil) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        if let error { continuation?.resume(throwing: error) } else { continuation?.resume() }
    }
}
