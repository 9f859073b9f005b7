import Crypto
import Models

/// A message as it arrived, with its envelope read.
package struct Incoming: Sendable {
    /// Its id, type and trace.
    package let header: CloudEventHeader
    /// The whole envelope as JSON.
    package let body: [UInt8]
    /// Why the envelope could not be read; the message is then parked as it is.
    package let unreadable: String?
    /// The message itself, where it was read together with its envelope.
    let message: (any Sendable)?

    /// Bytes of an id or a type; far more than any publisher here uses, and few enough for an index.
    private static let longest = 255

    private init(_ header: CloudEventHeader, _ body: [UInt8], message: (any Sendable)? = nil, unreadable: String? = nil) {
        self.header = header
        self.body = body
        self.message = message
        self.unreadable = unreadable
    }

    /// Reads the envelope of `body`. What has no readable envelope, or no id and type that can be stored, is named after its content, so that it
    /// is kept once.
    package init(body: [UInt8]) {
        do {
            self.init(try Self.header(of: body), body)
        } catch {
            let digest = SHA256.hash(data: body).prefix(16).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
            self.init(
                CloudEventHeader(id: "unreadable-\(digest)", type: "unreadable", traceparent: nil), body,
                unreadable: "not a readable CloudEvent: \(error)")
        }
    }

    /// Reads envelope and message at once, where the routing key says of which type they are. What cannot be read so is read like any other.
    init(body: [UInt8], routingKey: String, by dispatch: Dispatch) {
        if let (header, message) = dispatch.opened(body, as: routingKey), (try? Self.check(header)) != nil {
            self.init(header, body, message: message)
        } else {
            self.init(body: body)
        }
    }

    private static func header(of body: [UInt8]) throws -> CloudEventHeader {
        let header = try WireJSON.decode(CloudEventHeader.self, from: body)
        try check(header)
        return header
    }

    private static func check(_ header: CloudEventHeader) throws {
        for (name, value) in [("id", header.id), ("type", header.type)] {
            guard (1...longest).contains(value.utf8.count), !value.utf8.contains(0) else { throw Unusable(name: name) }
        }
    }

    private struct Unusable: Error, CustomStringConvertible {
        let name: String
        var description: String { "its \(name) is empty, longer than \(longest) bytes, or has a NUL" }
    }
}
