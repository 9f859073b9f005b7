import HTTPTypes
import Hummingbird
import Models
import ServiceKit

/// `POST /admin/process-refund`: an admin approves or rejects a request, refunds a payment directly, or ends the wait for a refund of which
/// cannot be known what became of it.
struct ProcessRefundRoute: Sendable {
    let decide: DecideRefund

    private struct Asked: Decodable {
        var refundRequestID: RefundRequestID?
        var paymentID: PaymentID?
        var refundID: OwnRefundID?
        var decision: String?
        var amount: MinorUnits?
        var adminReason: String
        var reason: String?
        var dryRun: Bool?
    }

    private enum Decision: String, CaseIterable {
        case approve, reject
    }

    /// Why money is given back, in Stripe's words (API reference, "Create a refund").
    private enum Reason: String, CaseIterable {
        case duplicate, fraudulent
        case requestedByCustomer = "requested_by_customer"
    }

    private struct Answer: Encodable {
        var refundRequest: RequestAnswer?
        var refund: RefundAnswer?
        var consequences: DecideRefund.Consequences?
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.post("admin/process-refund", use: process)
    }

    @Sendable private func process(_ request: Request, _ context: AdminContext) async throws -> Response {
        let key = request.headers[.idempotencyKey]
        let body = try await request.decode(as: Asked.self, context: context)
        try FreeText.check(body.adminReason, "admin_reason")
        let decider = DecideRefund.Decider(admin: context.userID, reason: body.adminReason)
        let isDryRun = body.dryRun ?? false
        switch (body.refundRequestID, body.paymentID, body.refundID) {
        case (let id?, nil, nil):
            let decision = try choice(body.decision, "decision", of: Decision.self)
            if decision == .reject {
                if isDryRun { return try answer(Answer()) }
                return try answer(Answer(refundRequest: try await decide.reject(id, by: decider).map(RequestAnswer.init)))
            }
            if isDryRun {
                return try answer(
                    Answer(consequences: try await decide.consequences(ofApproving: id, amount: body.amount?.value, by: decider)))
            }
            return try answer(try await decide.approve(id, amount: body.amount?.value, by: decider))
        case (nil, let payment?, nil):
            let reason = try body.reason.map { try choice($0, "reason", of: Reason.self) }
            guard let key = key ?? (isDryRun ? "" : nil) else { throw RefundRefusal.keyRequired }
            let direct = DecideRefund.Direct(payment: payment, amount: body.amount?.value, reason: reason?.rawValue, key: key)
            if isDryRun { return try answer(Answer(consequences: try await decide.consequences(of: direct, by: decider))) }
            return try answer(try await decide.refund(direct, by: decider))
        case (nil, nil, let id?):
            let verdict = try choice(body.decision, "decision", of: DecideRefund.Verdict.self)
            if isDryRun { return try answer(Answer()) }
            return try answer(try await decide.decide(id, verdict, by: decider))
        default:
            throw APIError.malformed(
                "One of refund_request_id, payment_id and refund_id is needed, and no two of them.", field: "refund_request_id",
                code: "invalid_field")
        }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String?, _ field: String, of: Choice.Type
    ) throws -> Choice where Choice.RawValue == String {
        guard let choice = text.flatMap(Choice.init(rawValue:)) else {
            throw APIError.malformed(
                "\(field) must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).", field: field, code: "invalid_field")
        }
        return choice
    }

    private func answer(_ answer: Answer) throws -> Response { try Response(.ok, json: answer) }

    /// 202 while it is not known, or not over, what becomes of the money.
    private func answer(_ decided: DecideRefund.Decided) throws -> Response {
        let isOver = decided.refund.map { $0.status == "succeeded" || $0.hasFailed } ?? true
        return try Response(
            isOver ? .ok : .accepted,
            json: Answer(
                refundRequest: decided.request.map(RequestAnswer.init), refund: decided.refund.map(RefundAnswer.init),
                consequences: decided.consequences))
    }
}
