import Foundation
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `GET /admin/evidence/refund/{id}`: how a refund came to be, from the request over the approval and what Stripe answered to the event that
/// confirmed it, out of the trail. Each step names the seal that it lies in.
struct EvidenceRoute: Sendable {
    let pool: PostgresPool

    private struct Step: Encodable {
        struct Actor: Encodable {
            var kind: String
            var id: String
        }

        let at: Date
        let action: String
        let actor: Actor
        let origin: String
        let before: JSONTree?
        let after: JSONTree?
        let requestID: String?
        /// Stripe's event; its signed bytes are at /admin/evidence/event/{id}.
        let eventID: EventID?
        /// The number of the entry in the trail, and of the seal that it lies in; null until it is sealed.
        let entry: Int64
        let seal: Int64?
    }

    private struct Answer: ResponseEncodable {
        let refund: RefundAnswer
        let refundRequest: RequestAnswer?
        let chain: [Step]
        let events: [EventID]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/evidence/refund/:refund", use: chain)
    }

    @Sendable private func chain(_ request: Request, _ context: AdminContext) async throws -> Answer {
        let id = try context.parameters.require("refund")
        guard let refund = try await Refunds.find(named: id, in: pool) else { throw RefundRefusal.unknownRefund }
        var asked: RequestRow?
        if let request = refund.requestID { asked = try await RefundRequests.find(request, in: pool) }
        let names = [refund.id.rawValue, refund.requestID?.rawValue].compactMap(\.self)
        let steps = try await pool.query("SELECT * FROM refund_trail(\(names))").map { row in
            Step(
                at: try row.get("at"), action: try row.get("action"),
                actor: .init(kind: try row.get("actor_kind"), id: try row.get("actor")), origin: try row.get("origin"),
                before: try JSONTree(row.get("before")), after: try JSONTree(row.get("after")), requestID: try row.get("request_id"),
                eventID: try row.get("event_id"), entry: try row.get("id"), seal: try row.get("sequence"))
        }
        return Answer(
            refund: RefundAnswer(refund), refundRequest: asked.map(RequestAnswer.init), chain: steps,
            events: Array(Set(steps.compactMap(\.eventID))).sorted { $0.rawValue < $1.rawValue })
    }
}
