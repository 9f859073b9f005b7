/// A message to be published: persistent, and `mandatory`, so that the publisher learns when no queue took it.
///
/// Exchange, routing key, content type and message id are limited to 255 bytes of UTF-8 and header names to 128 by AMQP, the
/// body to 16 MiB by us (the broker closes the channel above 128 MiB). A message beyond that is not sent; its result is
/// `PublishResult.returned`, so that one impossible message does not stop those beside it.
package struct Publication: Sendable {
    /// The exchange; empty for the default exchange, which routes to the queue named by the routing key.
    package var exchange: String
    /// What the exchange routes by.
    package var routingKey: String
    /// The message, byte for byte.
    package var body: [UInt8]
    /// The media type of the body.
    package var contentType: String
    /// The id under which consumers recognise a message delivered twice.
    package var messageID: String
    /// Further properties, sent as a table of strings.
    package var headers: [String: String]

    /// A message for `exchange` under `routingKey`.
    package init(
        exchange: String, routingKey: String, body: [UInt8], contentType: String, messageID: String, headers: [String: String] = [:]
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.body = body
        self.contentType = contentType
        self.messageID = messageID
        self.headers = headers
    }

    static let largestBody = 16 << 20

    /// Why AMQP cannot carry this message in frames of `frameMax` bytes, or nil when it can.
    func objection(frameMax: Int) -> String? {
        let short = [("exchange", exchange), ("routing key", routingKey), ("content type", contentType), ("message id", messageID)]
        for (name, value) in short where value.utf8.count > 255 {
            return "the \(name) has \(value.utf8.count) bytes of at most 255"
        }
        if let name = headers.keys.first(where: { $0.utf8.count > 128 }) {
            return "a header's name has \(name.utf8.count) bytes of at most 128"
        }
        if body.count > Self.largestBody { return "the body has \(body.count) bytes of at most \(Self.largestBody)" }
        // All properties travel in one frame. 6 bytes frame a header's name and value; 1 KiB holds the other properties.
        let table = headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 6 }
        return table + 1024 > frameMax ? "the headers take \(table) bytes, more than fits a frame of \(frameMax)" : nil
    }
}
