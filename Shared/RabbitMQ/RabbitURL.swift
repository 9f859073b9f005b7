/// The parts of an `amqp` or `amqps` URL, percent-decoded.
///
/// Follows RabbitMQ's "URI specification", with two differences: several hosts may be separated by commas, and an empty path
/// means the virtual host `/`, as it does to librabbitmq.
struct RabbitURL {
    var isSecure: Bool
    var user = "guest"
    var password = "guest"
    var hosts: [BrokerHost]
    var virtualHost = "/"
    var parameters: [String: String] = [:]

    init(_ text: String) throws(RabbitError) {
        let scheme: String
        if text.hasPrefix("amqp://") {
            scheme = "amqp://"
        } else if text.hasPrefix("amqps://") {
            scheme = "amqps://"
        } else {
            throw RabbitError(.invalidURL, "it must begin with amqp:// or amqps://")
        }
        isSecure = scheme == "amqps://"
        let (beforeQuery, query) = Self.cut(text.dropFirst(scheme.count), at: "?")
        let (authority, path) = Self.cut(beforeQuery, at: "/")
        var hostList = authority
        if let at = authority.lastIndex(of: "@") {
            let (user, password) = Self.cut(authority[..<at], at: ":")
            self.user = try Self.decoded(user, "user")
            self.password = try Self.decoded(password ?? "", "password")
            hostList = authority[authority.index(after: at)...]
        }
        hosts = []
        for host in hostList.split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try Self.host(host, defaultPort: isSecure ? 5671 : 5672))
        }
        if let path, !path.isEmpty { virtualHost = try Self.decoded(path, "virtual host") }
        for pair in (query ?? "").split(separator: "&") {
            let (name, value) = Self.cut(pair, at: "=")
            parameters[String(name)] = try Self.decoded(value ?? "", "parameter")
        }
        // librabbitmq before 0.14 compares an address with the certificate's names wrongly.
        if isSecure, hosts.contains(where: \.isAddress) { throw RabbitError(.invalidURL, "amqps needs a DNS name, not an address") }
    }

    /// The whole number given for a parameter, or nil when it is absent.
    func number(_ name: String, in range: ClosedRange<Int>) throws(RabbitError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw RabbitError(.invalidURL, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func host(_ text: Substring, defaultPort: Int) throws(RabbitError) -> BrokerHost {
        let name: Substring
        let port: Substring?
        if text.hasPrefix("[") {
            let (inside, rest) = cut(text.dropFirst(), at: "]")
            guard let rest, rest.isEmpty || rest.hasPrefix(":") else { throw RabbitError(.invalidURL, "a host's brackets do not match") }
            (name, port) = (inside, rest.isEmpty ? nil : rest.dropFirst())
        } else {
            (name, port) = cut(text, at: ":")
        }
        guard !name.isEmpty else { throw RabbitError(.invalidURL, "a host is missing") }
        guard let port else { return BrokerHost(name: try decoded(name, "host"), port: defaultPort) }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw RabbitError(.invalidURL, "a host's port is not a number from 1 to 65535")
        }
        return BrokerHost(name: try decoded(name, "host"), port: number)
    }

    private static func cut(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }

    /// Undoes percent-encoding. A NUL is refused: the library takes C strings.
    private static func decoded(_ text: Substring, _ part: String) throws(RabbitError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let digits = String(rest.prefix(2)), digits.count == 2, digits.allSatisfy(\.isHexDigit),
                    let value = UInt8(digits, radix: 16), value != 0
                else { throw RabbitError(.invalidURL, "the \(part) is not percent-encoded correctly") }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        guard !bytes.contains(0), let string = String(validating: bytes, as: UTF8.self) else {
            throw RabbitError(.invalidURL, "the \(part) is not UTF-8")
        }
        return string
    }
}
