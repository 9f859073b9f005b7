/// One host and port of the broker.
struct BrokerHost: Sendable, Equatable, CustomStringConvertible {
    var name: String
    var port: Int

    var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }

    /// Whether the name is an IPv4 or IPv6 address rather than a DNS name.
    var isAddress: Bool {
        name.contains(":") || name.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
