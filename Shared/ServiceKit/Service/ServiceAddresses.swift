/// Where a running service can be reached.
package struct ServiceAddresses: Sendable, Equatable {
    /// The host both listeners are bound to.
    package let host: String
    /// The port of the public listener, chosen by the system where `HTTP_PORT` is 0.
    package let port: Int
    /// The port of `/livez`, `/readyz` and `/metrics`.
    package let managementPort: Int
}
