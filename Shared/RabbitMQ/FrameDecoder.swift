import CRabbitMQ

/// Turns the frames of a connection with one data channel into events, copying everything out of the library's buffers.
///
/// A delivery or a return is a method frame, a header frame with the body's size, then body frames until that size is reached;
/// on one channel nothing comes between them.
struct FrameDecoder {
    /// A delivery or a return whose content is still coming.
    private enum Content {
        case delivery(tag: UInt64)
        case returned(reason: String)
    }

    private struct Assembly {
        var content: Content
        var message: Delivery
        var bodySize: UInt64?
    }

    private var assembly: Assembly?

    /// The event that `frame` completes, or nil when more is to come or nothing needs to be done.
    ///
    /// Throws when the frame ends the channel, the connection or the consumer, or is not what AMQP allows here.
    mutating func accept(_ frame: amqp_frame_t) throws(RabbitError) -> BrokerEvent? {
        switch unsafe Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            guard assembly == nil else { throw RabbitError(.protocolViolation, "a method inside a message's content") }
            return try unsafe accept(frame.payload.method)
        case AMQP_FRAME_HEADER:
            guard assembly != nil, assembly?.bodySize == nil, let decoded = unsafe frame.payload.properties.decoded else {
                throw RabbitError(.protocolViolation, "a header frame without its method")
            }
            let size = unsafe frame.payload.properties.body_size
            unsafe accept(decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee, bodySize: size)
            return finishIfComplete()
        case AMQP_FRAME_BODY:
            guard assembly?.bodySize != nil else { throw RabbitError(.protocolViolation, "a body frame without its header") }
            unsafe assembly?.message.body.append(contentsOf: frame.payload.body_fragment.array)
            return finishIfComplete()
        default:
            // A heartbeat: after a stalled send the library lets them through.
            return nil
        }
    }

    private mutating func accept(_ method: amqp_method_t) throws(RabbitError) -> BrokerEvent? {
        switch unsafe method.id {
        case AMQP_BASIC_DELIVER_METHOD:
            unsafe begin(method.arguments(as: amqp_basic_deliver_t.self))
        case AMQP_BASIC_RETURN_METHOD:
            unsafe begin(method.arguments(as: amqp_basic_return_t.self))
        case AMQP_BASIC_ACK_METHOD:
            let ack = unsafe method.arguments(as: amqp_basic_ack_t.self)
            return .confirmed(tag: ack.delivery_tag, multiple: ack.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let nack = unsafe method.arguments(as: amqp_basic_nack_t.self)
            return .refused(tag: nack.delivery_tag, multiple: nack.multiple != 0)
        case AMQP_CONNECTION_BLOCKED_METHOD:
            return .blocked(reason: unsafe method.arguments(as: amqp_connection_blocked_t.self).reason.string)
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            return .unblocked
        case AMQP_BASIC_CANCEL_METHOD:
            throw RabbitError(.notFound, "the broker cancelled the consumer: its queue was deleted or lost its leader")
        case AMQP_CHANNEL_CLOSE_METHOD:
            throw unsafe method.arguments(as: amqp_channel_close_t.self).error("channel closed")
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = unsafe method.arguments(as: amqp_connection_close_t.self)
            throw RabbitError(.connectionLost, unsafe "connection closed: \(close.reply_code) \(close.reply_text.string)")
        default:
            throw RabbitError(.protocolViolation, unsafe "an unexpected method \(method.id)")
        }
        return nil
    }

    private mutating func begin(_ deliver: amqp_basic_deliver_t) {
        let message = unsafe Delivery(
            body: [], routingKey: deliver.routing_key.string, exchange: deliver.exchange.string, redelivered: deliver.redelivered != 0)
        assembly = Assembly(content: .delivery(tag: unsafe deliver.delivery_tag), message: message)
    }

    private mutating func begin(_ returned: amqp_basic_return_t) {
        let message = unsafe Delivery(body: [], routingKey: returned.routing_key.string, exchange: returned.exchange.string)
        let reason = unsafe "\(returned.reply_code) \(returned.reply_text.string)"
        assembly = Assembly(content: .returned(reason: reason), message: message)
    }

    private mutating func accept(_ properties: amqp_basic_properties_t, bodySize: UInt64) {
        let flags = unsafe Int32(bitPattern: properties._flags)
        if flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0 { assembly?.message.messageID = unsafe properties.message_id.string }
        if flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 { assembly?.message.contentType = unsafe properties.content_type.string }
        if flags & AMQP_BASIC_HEADERS_FLAG != 0 { assembly?.message.headers = unsafe properties.headers.strings }
        assembly?.bodySize = bodySize
        // The size is the wire's word: reserve for what we ourselves would send, and let the array grow beyond.
        assembly?.message.body.reserveCapacity(Int(min(bodySize, UInt64(Publication.largestBody))))
    }

    private mutating func finishIfComplete() -> BrokerEvent? {
        guard let done = assembly, let size = done.bodySize, done.message.body.count >= size else { return nil }
        assembly = nil
        return switch done.content {
        case .delivery(let tag): .delivered(done.message, tag: tag)
        case .returned(let reason): .returned(done.message, reason: reason)
        }
    }
}
