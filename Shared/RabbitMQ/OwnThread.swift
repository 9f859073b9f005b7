import CRabbitMQ
import Glibc

/// Starts an OS thread that runs `body` and ends with it. `name` is what debuggers show, at most 15 bytes of it.
///
/// A process that cannot have a thread cannot do its work; it stops here, with the reason.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var thread = pthread_t()
    let result = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
            unsafe rabbit_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    precondition(result == 0, "no thread for \(name): error \(result)")
    pthread_detach(thread)
}

/// Runs `body` on an OS thread of its own and returns, or throws, what it did.
func onOwnThread<T: Sendable>(
    named name: String, _ body: @escaping @Sendable () throws(RabbitError) -> T
) async throws(RabbitError) -> T {
    let result: Result<T, RabbitError> = await withCheckedContinuation { continuation in
        startThread(named: name) {
            continuation.resume(returning: Result { () throws(RabbitError) in try body() })
        }
    }
    return try result.get()
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
