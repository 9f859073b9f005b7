/// What went wrong between this process and the broker, and whether trying again can help.
///
/// `description` names the kind of failure only and is safe to show to anyone. `debugDescription` adds what the broker or the
/// library said: it is for logs. Neither ever contains a password.
package struct RabbitError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    /// The kind of failure, to decide by.
    package enum Code: String, Sendable {
        /// No host answered, or none completed TLS and the handshake in time; also a publish that never met a connection.
        case unreachable
        /// The broker refused the user name or password.
        case authenticationFailed
        /// The virtual host does not exist, or the user lacks a permission on what was asked for.
        case accessRefused
        /// The connection died. Messages sent and not yet confirmed may or may not have arrived.
        case connectionLost
        /// No confirm by the deadline, although the message was sent: it may or may not have arrived.
        case confirmTimeout
        /// A memory or disk alarm has stopped publishers: by the deadline nothing of the batch had been sent.
        case blocked
        /// The queue to consume from, or the exchange to publish to, does not exist.
        case notFound
        /// This publisher or consumer has been shut down, or is being run a second time.
        case closed
        /// The broker said something that AMQP 0-9-1 does not allow at that point.
        case protocolViolation
        /// The URL cannot be used; the detail says why without quoting it.
        case invalidURL
    }

    /// The kind of failure.
    package let code: Code
    /// What the broker or the library said, for logs.
    package let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// Whether the same act may succeed later without anyone changing settings.
    package var isRetriable: Bool {
        switch code {
        case .unreachable, .connectionLost, .confirmTimeout, .blocked, .notFound, .protocolViolation: true
        case .authenticationFailed, .accessRefused, .closed, .invalidURL: false
        }
    }

    /// Whether the broker is there and objects to what was asked for: it will, until someone changes it.
    package var isObjection: Bool { code == .notFound || code == .accessRefused }

    /// The kind of failure in words; safe to show to anyone.
    package var description: String {
        switch code {
        case .unreachable: "The message broker cannot be reached."
        case .authenticationFailed: "The message broker refused the user name or password."
        case .accessRefused: "The message broker refused access."
        case .connectionLost: "The connection to the message broker was lost."
        case .confirmTimeout: "The message broker did not confirm in time."
        case .blocked: "The message broker accepts no messages at the moment."
        case .notFound: "A queue or an exchange does not exist at the message broker."
        case .closed: "The connection to the message broker has been shut down."
        case .protocolViolation: "The message broker broke the protocol."
        case .invalidURL: "The URL of the message broker is not valid."
        }
    }

    /// The kind of failure and everything known about it, for logs.
    package var debugDescription: String { "RabbitError.\(code.rawValue): \(detail)" }
}
