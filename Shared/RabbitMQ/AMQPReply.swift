import CRabbitMQ

extension amqp_rpc_reply_t {
    /// What this reply to `act` says is wrong, or nil.
    func error(_ act: String) -> RabbitError? {
        switch unsafe reply_type {
        case AMQP_RESPONSE_NORMAL: nil
        case AMQP_RESPONSE_SERVER_EXCEPTION: unsafe reply.exception(act)
        default: RabbitError(.connectionLost, "\(act): \(unsafe String(cString: amqp_error_string2(library_error)))")
        }
    }
}

extension amqp_method_t {
    /// The error that the broker closes the channel or the connection with.
    fileprivate func exception(_ act: String) -> RabbitError {
        switch unsafe id {
        case AMQP_CHANNEL_CLOSE_METHOD:
            return unsafe arguments(as: amqp_channel_close_t.self).error(act)
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = unsafe arguments(as: amqp_connection_close_t.self)
            let code: RabbitError.Code =
                switch Int32(unsafe close.reply_code) {
                case AMQP_ACCESS_REFUSED: .authenticationFailed
                case AMQP_NOT_ALLOWED: .accessRefused
                default: .connectionLost
                }
            return RabbitError(code, unsafe "\(act): \(close.reply_code) \(close.reply_text.string)")
        default:
            return RabbitError(.protocolViolation, unsafe "\(act): an unexpected method \(id)")
        }
    }
}

extension amqp_channel_close_t {
    /// What the broker closes the channel with.
    func error(_ act: String) -> RabbitError {
        let code: RabbitError.Code =
            switch Int32(unsafe reply_code) {
            case AMQP_NOT_FOUND: .notFound
            case AMQP_ACCESS_REFUSED: .accessRefused
            default: .protocolViolation
            }
        return RabbitError(code, unsafe "\(act): \(reply_code) \(reply_text.string)")
    }
}
