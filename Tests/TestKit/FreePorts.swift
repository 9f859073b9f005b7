import DedicatedThread
import Glibc

/// Ports of 127.0.0.1 on which nobody listens at this moment.
package enum FreePorts {
    /// Those that were chosen in this process: whoever has one may not listen on it yet, or not at this moment.
    private static let chosen = Locked<Set<Int>>([])

    /// Chooses that many, each another, and none a second time. Not from 32768 up, where Linux takes the ports of outgoing connections from: one of those could
    /// occupy a port while the server that it is meant for is down.
    package static func choose(_ count: Int) throws -> [Int] {
        var ports: Set<Int> = []
        for _ in 0..<1_000 where ports.count < count {
            let port = Int.random(in: 20_000..<32_000)
            if isFree(port), chosen.withLock({ $0.insert(port).inserted }) { ports.insert(port) }
        }
        guard ports.count == count else { throw BrokerTestError("no free ports") }
        return Array(ports)
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
