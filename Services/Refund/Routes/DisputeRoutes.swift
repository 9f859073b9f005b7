import Foundation
import HTTPTypes
import Hummingbird
import Models
import Postgres
import ServiceKit
import Stripe

/// `/admin/disputes`: what banks object to, what is known of the customer, and what is answered.
struct DisputeRoutes: Sendable {
    let answer: AnswerDispute
    let stripe: StripeClient
    let pool: PostgresPool

    private static let patience = Duration.seconds(20)

    private struct EvidenceRequest: Decodable {
        var evidence: [String: String]?
        var submit: Bool?
        var adminReason: String?
    }

    private struct AcceptRequest: Decodable {
        var adminReason: String
    }

    private struct Answered: Encodable {
        var dispute: DisputeAnswer
        var answer: Given
    }

    /// What was answered, as it is shown.
    private struct Given: Encodable {
        let id: String
        let kind: DisputeAnswers.Kind
        let fields: [String]
        let submit: Bool
        let status: String
        let lastError: String?
        let adminUserID: UserID
        let createdAt: Date
        let updatedAt: Date

        init(_ row: AnswerRow) {
            (id, kind, fields, submit, status) = (row.id, row.kind, row.fields, row.submit, row.status)
            (lastError, adminUserID, createdAt, updatedAt) = (row.lastError, row.adminUserID, row.createdAt, row.updatedAt)
        }
    }

    /// A dispute with all that is known for an answer.
    private struct Case: Encodable, ResponseEncodable {
        private enum CodingKeys: CodingKey {
            case customer, answers, refunds
        }

        let dispute: DisputeAnswer
        let customer: CustomerFacts
        let answers: [Given]
        let refunds: [RefundAnswer]

        func encode(to encoder: any Encoder) throws {
            try dispute.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(customer, forKey: .customer)
            try container.encode(answers, forKey: .answers)
            try container.encode(refunds, forKey: .refunds)
        }
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/disputes", use: list)
        routes.get("admin/disputes/:dispute", use: one)
        routes.post("admin/disputes/:dispute/evidence", use: evidence)
        routes.post("admin/disputes/:dispute/accept", use: accept)
    }

    @Sendable private func list(_ request: Request, _ context: AdminContext) async throws -> Page<DisputeAnswer> {
        let page = try PageRequest(request)
        let query = try request.query()
        let filter = Disputes.Filter(
            status: query.text("status"), needsResponse: try query.flag("needs_response"), userID: query.text("user_id").map { UserID($0) },
            paymentID: query.text("payment_id").map { PaymentID($0) })
        let rows = try await Disputes.list(filter, behind: try page.cursor.map(TimedPlace.init), limit: page.limit, in: pool)
        let payments = try await RefundablePayments.read(rows.compactMap(\.paymentID), in: pool)
        let now = stripe.time
        return Page(
            rows, limit: page.limit, cursor: { TimedPlace(at: $0.facts.created, id: "\($0.number)").cursor },
            item: { row in DisputeAnswer(row, of: row.paymentID.flatMap { payments[$0] }, at: now) })
    }

    @Sendable private func one(_ request: Request, _ context: AdminContext) async throws -> Case {
        let row = try await dispute(context)
        return Case(
            dispute: try await shown(row), customer: try await CustomerFacts.of(row.userID, in: pool),
            answers: try await DisputeAnswers.all(to: row.facts.id, in: pool).map(Given.init),
            refunds: try await Refunds.all(of: row.paymentID, in: pool).map(RefundAnswer.init))
    }

    @Sendable private func evidence(_ request: Request, _ context: AdminContext) async throws -> Response {
        let body = try await request.decode(as: EvidenceRequest.self, context: context)
        let evidence = body.evidence ?? [:]
        try Evidence.check(evidence)
        if let reason = body.adminReason { try FreeText.check(reason, "admin_reason") }
        guard !evidence.isEmpty || body.submit == true else {
            throw APIError.malformed("evidence must hold a field, or submit be true.", field: "evidence", code: "invalid_field")
        }
        return try await answer(
            .init(
                dispute: DisputeID(try context.parameters.require("dispute")), kind: .evidence, evidence: evidence,
                submit: body.submit ?? true, admin: context.userID, reason: body.adminReason), context)
    }

    @Sendable private func accept(_ request: Request, _ context: AdminContext) async throws -> Response {
        let body = try await request.decode(as: AcceptRequest.self, context: context)
        try FreeText.check(body.adminReason, "admin_reason")
        return try await answer(
            .init(
                dispute: DisputeID(try context.parameters.require("dispute")), kind: .acceptance, admin: context.userID,
                reason: body.adminReason), context)
    }

    /// 202 while nobody knows whether Stripe has taken it.
    private func answer(_ order: AnswerDispute.Order, _ context: AdminContext) async throws -> Response {
        let given = try await answer.until(.now + Self.patience)(order)
        let row = try await dispute(context)
        return try Response(
            given.isOpen ? .accepted : .ok, json: Answered(dispute: try await shown(row), answer: Given(given)))
    }

    private func dispute(_ context: AdminContext) async throws -> DisputeRow {
        let id = DisputeID(try context.parameters.require("dispute"))
        guard let row = try await Disputes.find(id, in: pool) else { throw RefundRefusal.unknownDispute }
        return row
    }

    private func shown(_ row: DisputeRow) async throws -> DisputeAnswer {
        var payment: RefundablePayment?
        if let id = row.paymentID { payment = try await RefundablePayments.read(id, in: pool) }
        return DisputeAnswer(row, of: payment, at: stripe.time)
    }
}

/// What is known here of a customer, for whoever answers a bank.
private struct CustomerFacts: Encodable {
    let userID: UserID?
    let firstPaidAt: Date?
    let payments: Int64
    let paymentsRefunded: Int64
    let disputes: Int64
    let disputesWon: Int64
    let disputesLost: Int64

    static func of(_ user: UserID?, in pool: PostgresPool) async throws -> CustomerFacts {
        let row = try await pool.query(
            """
            SELECT paid.*, disputed.* FROM
                (SELECT min(paid_at) AS first_paid_at, count(*) AS payments, count(*) FILTER (WHERE reserved + elsewhere > 0) AS refunded
                 FROM refundable_payments
                 WHERE user_id = \(user) AND merged_into IS NULL AND status IN ('succeeded', 'refunded')) AS paid,
                (SELECT count(*) AS disputes, count(*) FILTER (WHERE status = 'won') AS won, count(*) FILTER (WHERE status = 'lost') AS lost
                 FROM payment_disputes WHERE user_id = \(user)) AS disputed
            """)[0]
        return CustomerFacts(
            userID: user, firstPaidAt: try row.get("first_paid_at"), payments: try row.get("payments"),
            paymentsRefunded: try row.get("refunded"), disputes: try row.get("disputes"), disputesWon: try row.get("won"),
            disputesLost: try row.get("lost"))
    }
}
