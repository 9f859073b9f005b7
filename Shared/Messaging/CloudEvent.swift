package import Foundation
package import Messages
import Models

/// The envelope of every message: CloudEvents 1.0 in structured JSON mode.
package struct CloudEvent<Payload: Codable & Sendable>: Codable, Sendable {
    /// Always `1.0`.
    package var specversion: String
    /// Unique for the message, the same for each of its deliveries.
    package var id: String
    /// Who says it, such as `/payments/checkout`.
    package var source: String
    /// What it is, such as `payment.recorded.v1`.
    package var type: String
    /// What it is about.
    package var subject: String?
    /// When it was said; others may leave it out.
    package var time: Date?
    /// `application/json`, or nothing, which means the same.
    package var datacontenttype: String?
    /// The trace that it belongs to (W3C Trace Context).
    package var traceparent: String?
    /// The message itself.
    package var data: Payload
}

/// The media type of the envelope on the wire.
package let cloudEventMediaType = "application/cloudevents+json"

extension CloudEvent where Payload: Message {
    /// Wraps `message` for the wire.
    package init(_ message: Payload, id: String, source: ServiceName, time: Date, trace: TraceContext?) {
        self.init(
            specversion: "1.0", id: id, source: source.source, type: message.type, subject: message.subject,
            time: time, datacontenttype: "application/json", traceparent: trace?.traceparent, data: message)
    }
}

/// What must be known of an envelope before its payload is read.
package struct CloudEventHeader: Codable, Sendable {
    /// Unique for the message.
    package var id: String
    /// What it is.
    package var type: String
    /// What it is about.
    package var subject: String?
    /// The trace that it belongs to.
    package var traceparent: String?
    /// Who says it.
    package var source: String?
    /// When it was said.
    package var time: Date?

    /// The time where it is the same in each delivery of the message: our own services are known to keep to that.
    var saidAt: Date? { source.map(ServiceName.isSource) == true ? time : nil }
}
