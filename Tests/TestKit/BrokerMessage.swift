import Foundation

/// A message as the management API shows it.
package struct BrokerMessage: Decodable, Sendable {
    /// The properties it was published with.
    package struct Properties: Decodable, Sendable {
        /// 2 for a message that survives a restart of the broker.
        package var delivery_mode: Int?
        /// When it was published, in seconds since 1970.
        package var timestamp: Int?
        /// The publisher's id of the message.
        package var message_id: String?
        /// The media type of the body.
        package var content_type: String?
    }

    /// The properties it was published with.
    package var properties: Properties
    /// The message, byte for byte.
    package var body: [UInt8] { Array(payload) }
    private var payload: Data
}
