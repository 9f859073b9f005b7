import Glibc

/// Lets another thread end a connection that hangs inside the library.
///
/// It holds a duplicate of the socket's descriptor: the library may close its own at any time, and the number may then belong to
/// someone else. `shutdown` acts on the connection behind both.
final class Lifeline: Sendable {
    /// Readable whenever the connection's own socket is.
    let descriptor: Int32

    init(duplicating socket: Int32) throws(RabbitError) {
        descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw RabbitError(.unreachable, "the socket cannot be duplicated: errno \(errno)") }
    }

    deinit {
        close(descriptor)
    }

    /// Shuts the connection down both ways: whoever waits on it gets an error at once. Harmless when repeated.
    func cut() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
