import HTTPTypes

/// How much, and for how long, a listener puts up with from one connection. All of it is bounded before a route sees anything.
package struct HTTPLimits: Sendable {
    /// From the opening of a connection, or from the first byte of a further request, until the whole head is there.
    package var headDeadline: Duration = .seconds(10)
    /// From the head until the end of the body, however steadily its bytes drip in.
    package var bodyDeadline: Duration = .seconds(30)
    /// How long a connection may rest between two requests; longer than the 60 s for which common proxies keep theirs.
    package var idleTimeout: Duration = .seconds(75)
    /// How long a client may read next to nothing of an answer that waits to be sent.
    package var writeStall: Duration = .seconds(30)
    /// How long a route whose body was cut off may take to say so.
    package var lastWord: Duration = .seconds(10)
    /// After a refusal the rest of what the client sends is thrown away this long, so that the refusal arrives before the reset.
    package var linger: Duration = .seconds(1)
    /// Method and address together with their spaces: bytes of the address that are accepted.
    package var addressBytes = 8 * 1024
    /// Bytes of all header fields, names and values.
    package var headerBytes = 16 * 1024
    /// Number of header fields.
    package var headerFields = 100
    /// Bytes of a body that any route could want: the webhook's 4 MiB and the framing around them.
    package var bodyBytes = 4 * 1024 * 1024 + 64 * 1024
    /// Connections of one listener at a time; further ones are closed at once.
    package var connections = 1024

    /// The limits of production.
    package init() {}
}

/// Why a connection is refused what it asks, before or while its request is read. The connection is closed after the answer.
struct ConnectionRefusal: Error, Equatable {
    let status: HTTPResponse.Status
    let code: String
    let message: String

    static func malformed(_ message: String) -> ConnectionRefusal {
        ConnectionRefusal(status: .badRequest, code: "malformed_request", message: message)
    }

    static let headTooLate = ConnectionRefusal(
        status: .requestTimeout, code: "request_timeout", message: "The request did not arrive in time.")
    static let bodyTooLate = ConnectionRefusal(
        status: .requestTimeout, code: "request_timeout", message: "The body did not arrive in time.")
    static let bodyTooLarge = ConnectionRefusal(
        status: .contentTooLarge, code: "body_too_large", message: "The body is larger than anything accepted here.")
    static let addressTooLong = ConnectionRefusal(
        status: .uriTooLong, code: "address_too_long", message: "The address is too long.")
    static let headerTooLarge = ConnectionRefusal(
        status: .requestHeaderFieldsTooLarge, code: "headers_too_large", message: "The header fields are too many or too large.")
    static let tooMany = ConnectionRefusal(
        status: .serviceUnavailable, code: "too_many_connections", message: "There are too many connections.")
}
