/// A message as the broker delivered it.
///
/// The same message may come more than once (after a lost connection, a failed batch, a killed consumer): recognise it by
/// `messageID`.
package struct Delivery: Sendable, Equatable {
    /// The message, byte for byte.
    package var body: [UInt8]
    /// The publisher's id of the message, where it gave one.
    package var messageID: String?
    /// The media type of the body, where the publisher gave one.
    package var contentType: String?
    /// The routing key it was published with.
    package var routingKey: String
    /// The exchange it was published to; empty for the default exchange.
    package var exchange: String
    /// Header fields as strings; numbers and booleans are written out, nested tables, arrays and binary values left out.
    /// Quorum queues count earlier deliveries in `x-delivery-count`.
    package var headers: [String: String]
    /// Whether the broker handed this message out before: perhaps handled, perhaps not.
    package var redelivered: Bool

    /// A delivery put together by hand, for tests of handlers.
    package init(
        body: [UInt8], messageID: String? = nil, contentType: String? = nil, routingKey: String = "", exchange: String = "",
        headers: [String: String] = [:], redelivered: Bool = false
    ) {
        self.body = body
        self.messageID = messageID
        self.contentType = contentType
        self.routingKey = routingKey
        self.exchange = exchange
        self.headers = headers
        self.redelivered = redelivered
    }
}
