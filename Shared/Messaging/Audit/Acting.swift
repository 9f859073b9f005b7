import Messages
package import ServiceContextModule

/// Who does what is being done, and by which way it came: what every entry of the trail says of it.
package struct Acting: Sendable, Hashable {
    /// Who can do something here.
    package enum Kind: String, Sendable {
        case user, admin, stripe, worker
    }

    /// Who.
    package var kind: Kind
    /// The id of a user or an admin, `stripe`, or the name of a worker.
    package var name: String
    /// The route, the queue or the work.
    package var origin: String
    /// The address that the gateway saw; nil where nobody is at a keyboard.
    package var address: String?

    /// Somebody who acts.
    package init(_ kind: Kind, _ name: String, by origin: String, from address: String? = nil) {
        self.kind = kind
        self.name = name
        self.origin = origin
        self.address = address
    }

    /// Work that nobody asked for.
    package static func worker(_ name: String) -> Acting { Acting(.worker, name, by: name) }

    /// Whoever acts in the present task; a worker without a name where nobody has said.
    package static var current: Acting { ServiceContext.current?.acting ?? .worker("unnamed") }

    /// Runs `body` with what it does put down to this one.
    package func perform<T>(_ body: () async throws -> T) async rethrows -> T {
        var context = ServiceContext.current ?? .topLevel
        context.acting = self
        return try await ServiceContext.withValue(context) { try await body() }
    }
}

private enum ActingKey: ServiceContextKey { typealias Value = Acting }

extension ServiceContext {
    /// Who acts in the present task, if it is known.
    package var acting: Acting? {
        get { self[ActingKey.self] }
        set { self[ActingKey.self] = newValue }
    }
}
