import Foundation

extension ControlRoutes {
    private struct RefundMove: Decodable {
        let status: String
        var failureReason: String?
        var afterSeconds: Int?
    }

    /// Has a refund succeed, fail or wait, now or later, as its bank would.
    func move(refund id: String, _ body: Data) async throws -> JSON {
        let order = try decode(RefundMove.self, body)
        guard let status = Refund.Status(rawValue: order.status) else {
            throw APIError.invalidRequest("status is \(Refund.Status.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let reason = order.failureReason
        if let reason, !Refund.failureReasons.contains(reason) {
            throw APIError.invalidRequest("failure_reason is \(Refund.failureReasons.sorted().joined(separator: ", ")).")
        }
        let delay = order.afterSeconds ?? 0
        let refund = try await sandbox.act { account throws(APIError) in
            let refund = try account.refunds.find(id)
            if delay > 0 {
                account.agenda.schedule(.moveRefund(id, status, reason), at: account.now + delay)
            } else if !account.move(refund: id, to: status, because: reason) {
                throw .invalidRequest("A refund that is \(refund.status.rawValue) cannot become \(status.rawValue).", status: 409)
            }
            return try account.refunds.find(id)
        }
        return ["refund": .text(id), "status": .text(refund.status.rawValue)]
    }
}
