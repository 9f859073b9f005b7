import HTTPTypes

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
