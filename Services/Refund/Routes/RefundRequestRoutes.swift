import HTTPTypes
import Hummingbird
import Models
import Postgres
import ServiceKit

/// `POST /request-refund` for customers, and `GET /admin/refund-requests` for those who decide.
struct RefundRequestRoutes: Sendable {
    let request: RequestRefund
    let pool: PostgresPool

    private struct Asked: Decodable {
        var paymentID: PaymentID
        var amount: MinorUnits?
        var reason: String
    }

    private struct Answer: Encodable {
        var refundRequest: RequestAnswer
    }

    /// A request with the payment that it is about and the refund that answers it.
    private struct Item: Encodable {
        private enum CodingKeys: CodingKey {
            case payment, refund
        }

        let request: RequestAnswer
        let payment: RefundablePayment?
        let refund: RefundRow?

        func encode(to encoder: any Encoder) throws {
            try request.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(payment.map(RefundablePaymentAnswer.init), forKey: .payment)
            try container.encode(refund.map(RefundAnswer.init), forKey: .refund)
        }
    }

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.post("request-refund", use: ask)
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/refund-requests", use: list)
    }

    @Sendable private func ask(_ request: Request, _ context: CustomerContext) async throws -> Response {
        let body = try await request.decode(as: Asked.self, context: context)
        try FreeText.check(body.reason, "reason")
        let order = RequestRefund.Order(user: context.userID, payment: body.paymentID, amount: body.amount?.value, reason: body.reason)
        let row = try await self.request(order)
        return try Response(.accepted, json: Answer(refundRequest: RequestAnswer(row)))
    }

    @Sendable private func list(_ request: Request, _ context: AdminContext) async throws -> Page<Item> {
        let page = try PageRequest(request)
        let query = try request.query()
        let filter = RefundRequests.Filter(
            status: try query.choice("status"), userID: query.text("user_id").map { UserID($0) },
            paymentID: query.text("payment_id").map { PaymentID($0) })
        let rows = try await RefundRequests.list(filter, behind: try page.cursor.map(TimedPlace.init), limit: page.limit, in: pool)
        let payments = try await RefundablePayments.read(rows.map(\.paymentID), in: pool)
        let refunds = try await Refunds.answering(rows.map(\.id), in: pool)
        return Page(
            rows, limit: page.limit, cursor: { TimedPlace(at: $0.createdAt, id: $0.id.rawValue).cursor },
            item: { row in
                Item(request: RequestAnswer(row), payment: payments[row.paymentID], refund: refunds.first { $0.requestID == row.id })
            })
    }
}
