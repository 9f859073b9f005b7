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

    /// Reads the envelope of `body`. What has no readable envelope is named after its content, so that it is kept once.
    package init(body: [UInt8]) {
        self.body = body
        do {
            header = try WireJSON.decode(CloudEventHeader.self, from: body)
            unreadable = nil
        } catch {
            let digest = SHA256.hash(data: body).prefix(16).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
            header = CloudEventHeader(id: "unreadable-\(digest)", type: "unreadable", traceparent: nil)
            unreadable = "not a readable CloudEvent: \(error)"
        }
    }
}
