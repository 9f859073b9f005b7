/// A fact or a command that one service tells others through the broker.
///
/// A message is a value of its own file, carries only ids, amounts, statuses and times, and is never edited once it is in use: a
/// change adds an optional field or a new version beside it. The envelope (id, time, trace) is the library's concern.
package protocol Message: Codable, Sendable {
    /// The exchange that it is published to.
    static var exchange: Exchange { get }
    /// What it is: the routing key, and `type` in the envelope.
    var type: String { get }
    /// What it is about, such as a user or payment id: `subject` in the envelope.
    var subject: String? { get }
    /// Whether it says all that its subject is by now, so that of several in one transaction the last alone is worth saying.
    static var isWholeState: Bool { get }
}

extension Message {
    /// It says what happened.
    package static var isWholeState: Bool { false }
}

/// A message whose type is the same for every value.
package protocol FixedMessage: Message {
    /// The literal key, such as `payment.recorded.v1`.
    static var key: String { get }
}

extension FixedMessage {
    /// The literal key.
    package var type: String { Self.key }
}

/// The topic exchanges of the system.
package enum Exchange: String, Sendable, CaseIterable {
    /// Stripe's events as webhook accepted them, keyed `stripe.<event type>`.
    case stripeEvents = "stripe.events"
    /// Facts about customers, payments, subscriptions and access.
    case paymentsEvents = "payments.events"
    /// Orders to the VM controller.
    case vmCommands = "vm.commands"
    /// The VM controller's answers.
    case vmReports = "vm.reports"
}
