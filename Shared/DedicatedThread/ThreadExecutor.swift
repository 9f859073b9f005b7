import Dispatch
import Glibc

/// An operating-system thread of its own for one actor, so that a C library that blocks never holds a thread of the cooperative pool.
///
/// An actor returns it from `unownedExecutor` and keeps it in a stored property; from then on everything the actor does runs on this
/// one thread, one job at a time, in order of arrival. A task that works with the actor for long can run there too, as its preferred
/// executor: it then calls the actor without a change of threads. The thread starts with the first job and lives until `shutDown()`.
///
/// Edges: an executor that never got a job never starts a thread. A job that arrives after `shutDown()` (a late `await` on a closed
/// connection) still runs, on a thread that lasts just as long; no caller is ever left waiting. Without `shutDown()` the thread lives
/// as long as the process.
package final class ThreadExecutor: SerialExecutor, TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isThreadAlive = false
        var isShutDown = false
    }

    private enum Turn {
        case run([UnownedJob])
        case wait
        case end
    }

    private let name: String
    private let state = Locked(State())
    private let arrival = DispatchSemaphore(value: 0)

    /// An executor whose thread carries `name` in `ps -L` and in a debugger (its first 15 characters; plain ASCII, please).
    package init(name: String) {
        self.name = name
    }

    /// Takes a job; called by the Swift runtime.
    ///
    /// All of it under the lock: as soon as the job can run, its actor may come to its end, and this executor with it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { state in
            state.jobs.append(job)
            if !state.isThreadAlive { startThread() }
            state.isThreadAlive = true
            arrival.signal()
        }
    }

    /// Ends the thread once it has run every job it was given. Returns at once; calling it twice does nothing more.
    package func shutDown() {
        state.withLock { $0.isShutDown = true }
        arrival.signal()
    }

    private func runJobs() {
        nameThread()
        while true {
            switch nextTurn() {
            case .run(let jobs):
                for job in jobs { job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor()) }
            case .wait:
                arrival.wait()
            case .end:
                return
            }
        }
    }

    private func nextTurn() -> Turn {
        state.withLock { state in
            if !state.jobs.isEmpty {
                defer { state.jobs = [] }
                return .run(state.jobs)
            }
            guard state.isShutDown else { return .wait }
            state.isThreadAlive = false
            return .end
        }
    }

    /// The thread holds the executor strongly, so a job can never outlive the executor it runs on.
    private func startThread() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { context in
                pthread_detach(pthread_self())
                guard let context else { return nil }
                Unmanaged<ThreadExecutor>.fromOpaque(context).takeRetainedValue().runJobs()
                return nil
            }, context.toOpaque())
        // An executor may not refuse a job: without a thread, callers would hang for ever. Better a restart by the supervisor.
        precondition(result == 0, "no thread for \(name): errno \(result)")
    }

    /// Through /proc, because Glibc declares `pthread_setname_np` only for C sources that ask for GNU extensions.
    private func nameThread() {
        guard let file = fopen("/proc/thread-self/comm", "w") else { return }
        defer { fclose(file) }
        fputs(String(name.prefix(Self.longestName)), file)
    }

    /// Linux keeps 15 bytes of a thread's name.
    private static let longestName = 15
}
