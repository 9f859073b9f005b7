import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Messages
import Messaging
import Postgres

/// What an admin may do about how a service stands: `POST /admin/system/{service}/parked/{message_id}/retry` puts a message back that was given up,
/// `POST /admin/system/{service}/redelivery` has all that was said to the service since a time said again.
struct SystemActs: Sendable {
    private let outbox: Outbox
    private let parked: ParkedMessages
    private let loss: BrokerLoss

    /// The acts of the service that speaks by `outbox`.
    init(_ outbox: Outbox, messages: MessageParts, logger: Logger) {
        self.outbox = outbox
        parked = ParkedMessages(outbox: outbox, logger: logger)
        loss = messages.loss
    }

    private struct PutBack: ResponseEncodable {
        var messageID: String
        var status = "retry"
    }

    private struct RedeliveryRequest: Decodable {
        var since: Date
    }

    private struct Redelivery: ResponseEncodable {
        var since: Date
        var queues: [String]
    }

    /// Adds the routes.
    func register(on routes: RouterGroup<AdminContext>) {
        let path = "admin/system/\(outbox.service.rawValue)"
        routes.post("\(path)/parked/:message/retry", use: putBack)
        routes.post("\(path)/redelivery", use: redeliver)
    }

    @Sendable private func putBack(_ request: Request, _ context: AdminContext) async throws -> PutBack {
        // Ids of replayed events have a "#", which an address carries as %23.
        let name = try context.parameters.require("message")
        let id = name.removingPercentEncoding ?? name
        switch try await parked.putBack(id) {
        case .putBack: return PutBack(messageID: id)
        case .notParked: throw SystemActRefusal.notParked
        case .unknown: throw SystemActRefusal.unknown
        }
    }

    @Sendable private func redeliver(_ request: Request, _ context: AdminContext) async throws -> Redelivery {
        let since = try await request.decode(as: RedeliveryRequest.self, context: context).since
        guard since < Date() else { throw SystemActRefusal.notPast }
        try await outbox.transaction { work in
            try loss.ask(since: since, in: work)
            let entry = AuditEntry("redelivery.requested", "service", work.service.rawValue, after: try JSON(encoding: ["since": since]))
            try await work.query(entry.statement)
        }
        return Redelivery(since: since, queues: loss.queues)
    }
}

/// Why nothing is done about how a service stands.
private enum SystemActRefusal: Refusal {
    case unknown
    case notParked
    case notPast

    var status: HTTPResponse.Status {
        switch self {
        case .unknown: .notFound
        case .notParked: .conflict
        case .notPast: .badRequest
        }
    }

    var code: String {
        switch self {
        case .unknown: "not_found"
        case .notParked: "not_parked"
        case .notPast: "invalid_field"
        }
    }

    var message: String {
        switch self {
        case .unknown: "There is no such message."
        case .notParked: "The message is not parked: it was done, or it is tried again anyway."
        case .notPast: "since must be a time in the past."
        }
    }

    var field: String? { self == .notPast ? "since" : nil }
}
