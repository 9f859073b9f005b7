import CRabbitMQ
import Glibc

/// Wakes one thread out of `poll`: an eventfd that stays readable from `signal` until `clear`.
final class Wakeup: Sendable {
    private let descriptor: Int32

    /// A process out of file descriptors stops here, with the reason.
    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no eventfd: errno \(errno)")
    }

    deinit {
        close(descriptor)
    }

    func signal() {
        _ = eventfd_write(descriptor, 1)
    }

    func clear() {
        var count = eventfd_t()
        _ = unsafe eventfd_read(descriptor, &count)
    }

    /// Blocks the calling thread until signalled, until `socket` has input or is dead, or until `timeout` is over.
    func wait(orInputOn socket: Int32 = -1, timeout: Duration) {
        var descriptors = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            // poll ignores a negative descriptor.
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
        ]
        // An interrupted wait returns early, which every caller must expect anyway.
        _ = unsafe poll(&descriptors, 2, Int32(clamping: max(0, timeout.milliseconds)))
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a wait never ends before its time.
    var milliseconds: Int64 {
        components.seconds * 1_000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    /// The same duration as C's `struct timeval`.
    var timeValue: timeval {
        timeval(tv_sec: Int(components.seconds), tv_usec: Int(components.attoseconds / 1_000_000_000_000))
    }
}
