/// Where the broker is, who we are there, and how long we wait for it.
///
/// Made from a URL: `amqp://user:password@host1:5672,host2/vhost?heartbeat=10`, or `amqps://…` for TLS. Hosts are tried in turn.
/// User, password and virtual host are percent-encoded; left out they are `guest`, `guest` and `/`. Query parameters:
/// `heartbeat` (seconds, 1…60), `connection_timeout` (milliseconds, 100…60000) and, for TLS, `cacertfile` (PEM).
/// TLS always verifies the certificate and the host's name, and is 1.2 at least.
package struct RabbitConfiguration: Sendable, CustomStringConvertible {
    /// What the broker's management page calls the connection.
    package var connectionName = "payments"
    /// How long a batch waits to be confirmed, waiting for a connection included.
    package var confirmTimeout: Duration = .seconds(5)
    /// How many messages may be sent and not yet confirmed; at least 1.
    package var publishWindow = 128
    /// How long connecting to one host may take, and then again its handshake.
    package var connectTimeout: Duration = .seconds(5)
    /// How long the broker may be silent, in seconds: RabbitMQ's guide advises 5 to 20.
    package internal(set) var heartbeat = 10

    let hosts: [BrokerHost]
    let user: String
    let password: String
    let virtualHost: String
    /// The file of trusted certificates; nil means no TLS.
    let certificateAuthorities: String?

    /// Settings read from `url`.
    ///
    /// Throws `RabbitError` with code `invalidURL`, whose detail never quotes the URL.
    package init(url: String) throws(RabbitError) {
        let url = try RabbitURL(url)
        hosts = url.hosts
        user = url.user
        password = url.password
        virtualHost = url.virtualHost
        let file = url.parameters["cacertfile"]
        if let file, !url.isSecure { throw RabbitError(.invalidURL, "cacertfile (\(file)) without amqps") }
        certificateAuthorities = url.isSecure ? file ?? "/etc/ssl/certs/ca-certificates.crt" : nil
        if let seconds = try url.number("heartbeat", in: 1...60) { heartbeat = seconds }
        if let milliseconds = try url.number("connection_timeout", in: 100...60_000) { connectTimeout = .milliseconds(milliseconds) }
        for name in url.parameters.keys where !["cacertfile", "heartbeat", "connection_timeout"].contains(name) {
            throw RabbitError(.invalidURL, "unknown parameter \(name)")
        }
    }

    /// How long a single call of the library may take before its socket is shut down.
    var callTimeout: Duration { .seconds(5) }

    /// Scheme, hosts and virtual host; never the password.
    package var description: String {
        let scheme = certificateAuthorities == nil ? "amqp" : "amqps"
        return "\(scheme)://\(hosts.map(\.description).joined(separator: ",")) vhost \(virtualHost)"
    }
}

extension RabbitConfiguration: CustomReflectable {
    /// Only the description, so that `dump` and reflection do not reveal the password either.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
