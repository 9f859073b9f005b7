package import Messages
import Models

/// The handlers of one queue, by message type.
package struct Dispatch: Sendable {
    /// One prepared message, ready to be applied in a transaction.
    struct Prepared: Sendable {
        let apply: @Sendable (UnitOfWork) async throws -> Outcome
    }

    private struct Entry: Sendable {
        let matches: @Sendable (String) -> Bool
        let prepare: @Sendable ([UInt8]) async throws -> Prepared
        let parked: @Sendable ([UInt8], String, UnitOfWork) async throws -> Void
    }

    private var entries: [Entry] = []

    /// No handlers yet.
    package init() {}

    /// Adds the handler of one fixed message.
    package func on<H: MessageHandler>(_ handler: H) -> Dispatch where H.Payload: FixedMessage {
        on(handler, types: { $0 == H.Payload.key })
    }

    /// Adds a handler for every type that `types` accepts.
    package func on<H: MessageHandler>(_ handler: H, types: @escaping @Sendable (String) -> Bool) -> Dispatch {
        var copy = self
        copy.entries.append(
            Entry(
                matches: types,
                prepare: { body in
                    let message = try WireJSON.decode(CloudEvent<H.Payload>.self, from: body).data
                    let preparation = try await handler.prepare(message)
                    return Prepared { work in try await handler.apply(message, preparation, in: work) }
                },
                parked: { body, reason, work in
                    guard let event = try? WireJSON.decode(CloudEvent<H.Payload>.self, from: body) else { return }
                    try await handler.parked(event.data, because: reason, in: work)
                }))
        return copy
    }

    /// Whether some handler takes messages of this type.
    func handles(_ type: String) -> Bool { entries.contains { $0.matches(type) } }

    func prepare(_ message: Incoming) async throws -> Prepared {
        guard let entry = entries.first(where: { $0.matches(message.header.type) }) else { throw UnknownMessage(type: message.header.type) }
        return try await entry.prepare(message.body)
    }

    func parked(_ message: Incoming, because reason: String, in work: UnitOfWork) async throws {
        try await entries.first { $0.matches(message.header.type) }?.parked(message.body, reason, work)
    }
}

/// A message whose type nobody here handles: it is parked, not dropped.
struct UnknownMessage: Error, CustomStringConvertible {
    let type: String
    var description: String { "no handler for messages of type \(type)" }
}
