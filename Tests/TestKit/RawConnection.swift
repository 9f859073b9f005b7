import Foundation

/// A TCP connection on which a test says exactly what it wants. Its calls block, so they run on a thread of their own.
package final class RawConnection: Sendable {
    private let socket: Int32

    /// Connects to a port of 127.0.0.1.
    package init(port: Int) throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw Failed() }
    }

    deinit { close(socket) }

    /// A call of the system failed.
    package struct Failed: Error {}

    /// Sends as much as the other side takes.
    package func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends as much as the other side takes.
    package func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// No more will be sent.
    package func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// What arrives until `isEnough`, until the other side closes, or until nothing came for `seconds`.
    package func read(seconds: Double = 20, until isEnough: (String) -> Bool = { _ in false }) -> (text: String, isClosed: Bool) {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            var poller = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, Int32(seconds * 1000)) > 0 else { return (String(decoding: received, as: UTF8.self), false) }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return (String(decoding: received, as: UTF8.self), true) }
            received += buffer[..<count]
            let text = String(decoding: received, as: UTF8.self)
            if isEnough(text) { return (text, false) }
        }
    }

    /// How many bytes arrive until the other side closes or nothing comes for `seconds`, read at most a MiB at a time with `pause`
    /// milliseconds in between. Whoever is dropped need not be told: a kernel short of memory forgets a closed connection without a word.
    package func count(seconds: Double, pause: Int32 = 0) -> Int {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total = 0
        while true {
            var poller = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, Int32(seconds * 1000)) > 0 else { return total }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return total }
            total += count
            if pause > 0 { poll(nil, 0, pause) }
        }
    }

    /// Says `bytes` on a new connection and answers all that comes back until the other side closes.
    package static func exchange(port: Int, _ bytes: [UInt8], seconds: Double = 20) async throws -> (text: String, isClosed: Bool) {
        try await onThread {
            let connection = try RawConnection(port: port)
            connection.send(bytes)
            return connection.read(seconds: seconds)
        }
    }

    /// Runs blocking work off the cooperative threads.
    package static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}

extension String {
    /// The statuses of the answers in what a connection said.
    package var statuses: [String] { matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) } }
}
