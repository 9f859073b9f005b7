import NIOCore

/// Runs the tasks of a connection on the thread that serves its socket.
///
/// A request then goes from the socket through its route and back without changing threads, unless the route waits for something of
/// another thread; on the pool of Swift's tasks it would change twice. Nothing in a route may block, there as here.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
