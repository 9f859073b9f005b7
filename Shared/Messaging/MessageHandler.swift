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
    /// Whose row `apply` locks first. The messages of a delivery are applied in this order, so that two replicas never wait for each other in a
    /// circle; those without one come last, as they came.
    func lock(of message: Payload) -> String?
    /// Names that `apply` needs to itself (`UnitOfWork.lock`). Those of a whole delivery are locked at once, before any of it is applied: one
    /// statement for all, and no circle whatever the order of the messages.
    func names(of message: Payload) -> [String]
    /// Called in the transaction that parks the message, for whoever must be told.
    func parked(_ message: Payload, because: String, in work: UnitOfWork) async throws
}

extension MessageHandler where Preparation == Void {
    /// Nothing to prepare.
    package func prepare(_ message: Payload) async throws {}
}

extension MessageHandler {
    /// What the message is about.
    package func lock(of message: Payload) -> String? { message.subject }

    /// None.
    package func names(of message: Payload) -> [String] { [] }

    /// Nobody to tell.
    package func parked(_ message: Payload, because: String, in work: UnitOfWork) async throws {}
}

/// A message with its id, as a handler of many takes it.
package struct Heard<Payload: Message>: Sendable {
    /// The id of the message.
    package let id: String
    /// What it says.
    package let message: Payload

    /// A message of these parts.
    package init(id: String, message: Payload) {
        self.id = id
        self.message = message
    }
}

/// Handles all messages of one kind in a delivery with a few statements for all of them; for those that need nothing from outside and have no
/// outcome but done.
package protocol BatchHandler<Payload>: Sendable {
    /// The message that it takes.
    associatedtype Payload: Message
    /// Changes rows. Several messages may be about one object, in any order. Throws `Undone` to have all undone and applied again without those
    /// that it names; anything else, to have each applied by itself.
    func apply(_ messages: [Heard<Payload>], in work: UnitOfWork) async throws
    /// Called in the transaction that parks the message, for whoever must be told.
    func parked(_ message: Payload, because: String, in work: UnitOfWork) async throws
}

extension BatchHandler {
    /// Nobody to tell.
    package func parked(_ message: Payload, because: String, in work: UnitOfWork) async throws {}
}

/// Some messages of those that were applied together cannot be done.
package struct Undone: Error {
    /// What becomes of them, by their ids.
    package let outcomes: [String: Outcome]

    /// That these are not done.
    package init(_ outcomes: [String: Outcome]) {
        self.outcomes = outcomes
    }
}

extension Array {
    /// Of several messages about one thing the one with the highest version, sorted by the thing, so that whoever locks their rows does it in the
    /// same order.
    package func newest<Payload: Message>(by key: (Payload) -> String, _ version: (Payload) -> Int64) -> [Heard<Payload>]
    where Element == Heard<Payload> {
        Dictionary(map { (key($0.message), $0) }) { version($0.message) >= version($1.message) ? $0 : $1 }
            .sorted { $0.key < $1.key }.map(\.value)
    }
}
