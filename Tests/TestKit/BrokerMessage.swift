import Foundation

/// A message as the management API shows it.
package struct BrokerMessage: Decodable, Sendable {
    /// The properties it was published with.
    package struct Properties: Decodable, Sendable {
        /// 2 for a message that survives a restart of the broker.
        package var deliveryMode: Int?
        /// When it was published, in seconds since 1970.
        package var timestamp: Int?
        /// The publisher's id of the message.
        package var messageID: String?
        /// The media type of the body.
        package var contentType: String?

        private enum CodingKeys: String, CodingKey {
            case timestamp
            case deliveryMode = "delivery_mode"
            case messageID = "message_id"
            case contentType = "content_type"
        }
    }

    /// The properties it was published with.
    package var properties: Properties
    /// The message, byte for byte.
    package var body: [UInt8] { Array(payload) }
    private var payload: Data
}
