/// What the broker says on its own account, between the answers to our calls.
enum BrokerEvent {
    /// A message for our consumer, to be acknowledged by its tag.
    case delivered(Delivery, tag: UInt64)
    /// A published message reached no queue; its confirm is still to come.
    case returned(Delivery, reason: String)
    /// The message with this sequence number is safe; with `multiple`, all up to it.
    case confirmed(tag: UInt64, multiple: Bool)
    /// The broker could not keep the message with this sequence number; with `multiple`, all up to it.
    case refused(tag: UInt64, multiple: Bool)
    /// An alarm has stopped publishers.
    case blocked(reason: String)
    /// The alarm is over.
    case unblocked
}
