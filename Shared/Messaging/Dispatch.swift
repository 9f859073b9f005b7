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
                    let message = try read(H.Payload.self, body)
                    let preparation = try await handler.prepare(message)
                    return Prepared { work in try await handler.apply(message, preparation, in: work) }
                },
                parked: { body, reason, work in
                    guard let message = try? read(H.Payload.self, body) else { return }
                    try await handler.parked(message, because: reason, in: work)
                }))
        return copy
    }

    func prepare(_ message: Incoming) async throws -> Prepared {
        guard let entry = entries.first(where: { $0.matches(message.header.type) }) else {
            throw UnprocessableMessage("no handler for messages of type \(message.header.type)")
        }
        return try await entry.prepare(message.body)
    }

    func parked(_ message: Incoming, because reason: String, in work: UnitOfWork) async throws {
        try await entries.first { $0.matches(message.header.type) }?.parked(message.body, reason, work)
    }
}

private func read<Payload: Message>(_ type: Payload.Type, _ body: [UInt8]) throws(UnprocessableMessage) -> Payload {
    do {
        return try WireJSON.decode(CloudEvent<Payload>.self, from: body).data
    } catch {
        throw UnprocessableMessage("its data cannot be read: \(error)")
    }
}

/// A message that no later try can handle: it is parked, not dropped.
struct UnprocessableMessage: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = reason
    }
}
