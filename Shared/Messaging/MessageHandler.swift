package import Messages

/// Handles one kind of message.
///
/// The work has two halves, because no transaction may be open while Stripe is asked: `prepare` reads what is needed outside any
/// transaction, `apply` changes rows inside one. Both may run more than once for a message; only one `apply` is ever committed.
package protocol MessageHandler<Payload>: Sendable {
    /// The message that it takes.
    associatedtype Payload: Message
    /// What `prepare` brings to `apply`.
    associatedtype Preparation: Sendable = Void

    /// Reads whatever `apply` needs from outside. Throws to have the message retried.
    func prepare(_ message: Payload) async throws -> Preparation
    /// Changes rows and says what follows. Throws to have it all undone and the message retried.
    func apply(_ message: Payload, _ preparation: Preparation, in work: UnitOfWork) async throws -> Outcome
    /// Called in the transaction that parks the message, for whoever must be told.
    func parked(_ message: Payload, because: String, in work: UnitOfWork) async throws
}

extension MessageHandler where Preparation == Void {
    /// Nothing to prepare.
    package func prepare(_ message: Payload) async throws {}
}

extension MessageHandler {
    /// Nobody to tell.
    package func parked(_ message: Payload, because: String, in work: UnitOfWork) async throws {}
}
