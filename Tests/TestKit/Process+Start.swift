import Foundation
import Glibc

extension Process {
    /// Runs it with no signal blocked.
    ///
    /// A child inherits the mask of the thread that starts it, and the threads that run Swift's tasks and Foundation's threads block most
    /// signals: the child would neither end on SIGTERM, nor when its time is over, nor notice the end of its own children.
    package func start() throws {
        var none = sigset_t()
        var mask = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &mask)
        defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
        try run()
    }
}
