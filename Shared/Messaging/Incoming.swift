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

    /// Bytes of an id or a type; far more than any publisher here uses, and few enough for an index.
    private static let longest = 255

    /// Reads the envelope of `body`. What has no readable envelope, or no id and type that can be stored, is named after its content, so that it
    /// is kept once.
    package init(body: [UInt8]) {
        self.body = body
        do {
            header = try Self.header(of: body)
            unreadable = nil
        } catch {
            let digest = SHA256.hash(data: body).prefix(16).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
            header = CloudEventHeader(id: "unreadable-\(digest)", type: "unreadable", traceparent: nil)
            unreadable = "not a readable CloudEvent: \(error)"
        }
    }

    private static func header(of body: [UInt8]) throws -> CloudEventHeader {
        let header = try WireJSON.decode(CloudEventHeader.self, from: body)
        for (name, value) in [("id", header.id), ("type", header.type)] {
            guard (1...longest).contains(value.utf8.count), !value.utf8.contains(0) else { throw Unusable(name: name) }
        }
        return header
    }

    private struct Unusable: Error, CustomStringConvertible {
        let name: String
        var description: String { "its \(name) is empty, longer than \(longest) bytes, or has a NUL" }
    }
}
