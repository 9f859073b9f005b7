/// What became of one published message.
package enum PublishResult: Sendable, Equatable {
    /// The broker has it: at least one queue took it, and on a quorum queue a majority has written it down.
    case confirmed
    /// No queue took it (the reason is the broker's, such as `NO_ROUTE`), or AMQP cannot express it and it was not sent.
    case returned(reason: String)
    /// The broker could not take responsibility for it (`basic.nack`); it may be published again.
    case refused
}
