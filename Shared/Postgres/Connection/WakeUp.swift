import CPostgres
import Glibc

/// Ends another thread's poll(2) early. It carries no message: whoever wakes looks for the reason itself, so a wake-up that comes late
/// or twice does no harm.
final class WakeUp: Sendable {
    let fileDescriptor: Int32

    /// Throws `unreachable` when the process has no file descriptor left.
    init() throws {
        fileDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard fileDescriptor >= 0 else { throw PostgresError(.unreachable, note: "eventfd: errno \(errno)") }
    }

    deinit {
        close(fileDescriptor)
    }

    func signal() {
        eventfd_write(fileDescriptor, 1)
    }

    func clear() {
        var count: eventfd_t = 0
        unsafe eventfd_read(fileDescriptor, &count)
    }
}
