import AsyncAlgorithms
import DedicatedThread
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Models
import Postgres
import ServiceKit

/// `GET /admin/payments`: all customers' payments, by page, or as one CSV file of the whole selection.
struct PaymentRoutes: Sendable {
    let pool: PostgresPool
    let now: @Sendable () -> Date
    private let exports = Exports()

    /// How long a file may take.
    private static let patience = Duration.seconds(900)

    init(pool: PostgresPool, now: @escaping @Sendable () -> Date) {
        self.pool = pool
        self.now = now
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/payments", use: list)
    }

    @Sendable private func list(_ request: Request, _ context: AdminContext) async throws -> Response {
        let page = try PageRequest(request)
        let place = try page.cursor.map(PaymentList.Place.init)
        let zone = try await Figures.today(at: now(), in: pool).timeZone
        let filter = try PaymentFilter(request.query(), timeZone: zone)
        if request.headers[.accept]?.contains("text/csv") == true { return try await file(filter, of: request, context) }
        let rows = try await PaymentList.page(filter, behind: place, limit: page.limit + 1, in: pool)
        let answer = Page(rows, limit: page.limit, cursor: { PaymentList.Place($0).cursor }, item: { $0 })
        return try Response(.ok, json: answer)
    }

    /// The file, written while it is read.
    private func file(_ filter: PaymentFilter, of request: Request, _ context: AdminContext) async throws -> Response {
        guard let place = exports.place() else {
            throw APIError(.tooManyRequests, "too_many_exports", "Other files are being written.", retryAfter: .seconds(10))
        }
        try await pool.query(AuditEntry("payments.exported", "payments", request.uri.query ?? "all").statement)
        var headers: HTTPFields = [
            .contentType: "text/csv; charset=utf-8; header=present", .contentDisposition: "attachment; filename=\"payments.csv\"",
        ]
        // A gateway that kept all of it before it hands it on would need a disk for it.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        let pool = pool
        let body = ResponseBody { writer in
            // Free for others when nobody writes this file any more, also if nobody ever began.
            defer { withExtendedLifetime(place) {} }
            // Each thousand payments are handed over when the ones before are on their way: no more are ever in memory.
            let chunks = AsyncChannel<ByteBuffer>()
            async let reading: Void = Self.read(filter, from: pool, into: chunks)
            for await chunk in chunks { try await writer.write(chunk) }
            try await reading
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}

extension PaymentRoutes {
    /// Writes the lines of a file; what it throws cuts the file off, so that its reader knows.
    private static func read(_ filter: PaymentFilter, from pool: PostgresPool, into chunks: AsyncChannel<ByteBuffer>) async throws {
        defer { chunks.finish() }
        await chunks.send(ByteBuffer(string: CSV.line(PaymentRecord.columns)))
        try await PaymentList.each(filter, in: pool, within: patience) { rows in
            await chunks.send(ByteBuffer(string: rows.map { CSV.line($0.cells) }.joined()))
            try Task.checkCancellation()
        }
    }
}

/// How many files are being written: each holds a connection for as long as its reader takes.
private final class Exports: Sendable {
    private let count = Locked(0)
    private static let most = 2

    /// A place among them, until it is let go.
    final class Place: Sendable {
        private let exports: Exports

        fileprivate init(_ exports: Exports) { self.exports = exports }

        deinit { exports.count.withLock { $0 -= 1 } }
    }

    /// Nil while there are enough.
    func place() -> Place? {
        let isFree = count.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
        return isFree ? Place(self) : nil
    }
}

extension PaymentRecord {
    /// The columns of a file: amounts in minor units, and as people write them.
    static let columns = [
        "id", "user_id", "amount", "amount_refunded", "currency", "amount_decimal", "amount_refunded_decimal", "status", "payment_method",
        "plan_id", "plan_name", "stripe_payment_intent_id", "stripe_invoice_id", "subscription_id", "created_at", "paid_at", "updated_at",
    ]

    /// The line of a payment, by these columns.
    var cells: [String] {
        [
            id.rawValue, userID?.rawValue ?? "", "\(amount)", "\(amountRefunded)", currency, Money(amount, currency).decimal,
            Money(amountRefunded, currency).decimal, status, paymentMethod ?? "", planID ?? "", planName ?? "",
            stripePaymentIntentID?.rawValue ?? "", stripeInvoiceID?.rawValue ?? "", subscriptionID?.rawValue ?? "",
            WireJSON.time(createdAt), paidAt.map(WireJSON.time) ?? "", WireJSON.time(updatedAt),
        ]
    }
}
