import Glibc

/// A look at a socket that does not wait.
enum SocketProbe {
    /// Whether there is nothing to read and no end of the stream.
    static func isQuiet(_ socket: Int32) -> Bool {
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&polled, 1, 0) == 0
    }
}
