import Foundation
import Models
import Postgres
import ServiceKit

/// A payment as admins see it: P in the API, and whose it is.
struct PaymentRecord: Encodable, Sendable {
    let id: PaymentID
    @Null var userID: UserID?
    let amount: Int64
    let currency: String
    let status: String
    let amountRefunded: Int64
    @Null var paymentMethod: String?
    @Null var planID: String?
    @Null var planName: String?
    @Null var stripePaymentIntentID: PaymentIntentID?
    @Null var stripeInvoiceID: InvoiceID?
    @Null var subscriptionID: SubscriptionID?
    let createdAt: Date
    @Null var paidAt: Date?
    let updatedAt: Date

    /// The time that it is dated by.
    var datedAt: Date { paidAt ?? createdAt }

    /// What it is read from.
    static let stored: Query = """
        payment_id, user_id, amount, currency, status, amount_refunded, payment_method, plan_id, stripe_payment_intent_id, stripe_invoice_id,
        stripe_subscription_id, created_at, paid_at, updated_at
        """

    init(row: Row) throws {
        id = try row.get("payment_id")
        userID = try row.get("user_id")
        amount = try row.get("amount")
        currency = try row.get("currency")
        status = try row.get("status")
        amountRefunded = try row.get("amount_refunded")
        paymentMethod = try row.get("payment_method")
        planID = try row.get("plan_id")
        planName = try row.get("plan_id", as: String?.self).flatMap(Plan.init(rawValue:))?.name
        stripePaymentIntentID = try row.get("stripe_payment_intent_id")
        stripeInvoiceID = try row.get("stripe_invoice_id")
        subscriptionID = try row.get("stripe_subscription_id")
        createdAt = try row.get("created_at")
        paidAt = try row.get("paid_at")
        updatedAt = try row.get("updated_at")
    }
}

/// Lists of payments. Each filter has an index that also has the order of the list.
enum PaymentList {
    /// The place behind a payment in a list.
    struct Place: Sendable, Hashable {
        var amount: Int64
        var datedAt: Date
        var id: String

        init(_ payment: PaymentRecord) {
            amount = payment.amount
            datedAt = payment.datedAt
            id = payment.id.rawValue
        }

        /// Reads a cursor that `cursor` made; anything else is a 400.
        init(_ cursor: PageCursor) throws {
            guard cursor.parts.count == 3, let amount = Int64(cursor.parts[0]) else { throw APIError.foreignCursor }
            let place = try TimedPlace(PageCursor(cursor.parts[1], cursor.parts[2]))
            (self.amount, datedAt, id) = (amount, place.at, place.id)
        }

        var cursor: PageCursor { PageCursor("\(amount)", "\(datedAt.timeIntervalSince1970)", id) }
    }

    /// Payments behind a place, at most so many.
    static func page(_ filter: PaymentFilter, behind place: Place?, limit: Int, in pool: PostgresPool) async throws -> [PaymentRecord] {
        var query = all(filter)
        if let place {
            let behind = filter.sort.isAscending ? ">" : "<"
            query =
                query
                + (filter.sort.isByAmount
                    ? " AND (amount, dated_at, payment_id) \(unsafe: behind) (\(place.amount), \(place.datedAt), \(place.id))"
                    : " AND (dated_at, payment_id) \(unsafe: behind) (\(place.datedAt), \(place.id))")
        }
        return try await pool.query(query + order(filter) + " LIMIT \(limit)").map(PaymentRecord.init(row:))
    }

    /// Gives all of them to `take`, so many at a time, as they are at one moment; none is kept. Throws `CutOff` where that cannot be carried on:
    /// what was taken would be taken again.
    static func each(
        _ filter: PaymentFilter, in pool: PostgresPool, within patience: Duration, take: ([PaymentRecord]) async throws -> Void
    ) async throws {
        try await pool.withTransaction(timeout: patience) { transaction in
            try await transaction.send("SET TRANSACTION READ ONLY")
            // Whoever asked begins to read at once: a plan for the first lines. The whole of a list in its own order is not much slower than in
            // another.
            try await transaction.send("SET LOCAL cursor_tuple_fraction = 0.0001")
            try await transaction.send("DECLARE listed NO SCROLL CURSOR FOR " + all(filter) + order(filter))
            do {
                var rows = try await transaction.query("FETCH 50 FROM listed").map(PaymentRecord.init(row:))
                while !rows.isEmpty {
                    try await take(rows)
                    rows = try await transaction.query("FETCH 1000 FROM listed").map(PaymentRecord.init(row:))
                }
            } catch {
                throw CutOff(reason: "\(error)")
            }
        }
    }

    /// A list that came to no end.
    struct CutOff: Error, CustomStringConvertible {
        let reason: String
        var description: String { "the list was cut off: \(reason)" }
    }

    private static func order(_ filter: PaymentFilter) -> Query {
        let direction = filter.sort.isAscending ? "" : " DESC"
        let columns = (filter.sort.isByAmount ? ["amount"] : []) + ["dated_at", "payment_id"]
        return Query(unsafe: " ORDER BY " + columns.map { $0 + direction }.joined(separator: ", "))
    }

    private static func all(_ filter: PaymentFilter) -> Query {
        var query: Query = "SELECT \(query: PaymentRecord.stored) FROM payments WHERE merged_into IS NULL"
        for condition in filter.conditions { query = query + " AND " + condition }
        return query
    }
}
