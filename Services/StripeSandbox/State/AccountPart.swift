import Foundation

/// One part of the account that is stored row by row, and the kind that its rows have.
struct AccountPart: Sendable {
    let kind: String
    /// Takes out what is still to be written.
    let takeRows: @Sendable (inout Account, JSONEncoder) throws -> [StateRow]
    /// Puts the stored rows in place of whatever is there, and logs what changes from then on.
    let restore: @Sendable (inout Account, [StateRow], JSONDecoder) throws -> Void

    private init<Part: Persistent>(_ kind: String, _ path: any WritableKeyPath<Account, Part> & Sendable) {
        self.kind = kind
        takeRows = { account, encoder in try account[keyPath: path].takeRows(kind, encoder) }
        restore = { account, rows, decoder in account[keyPath: path] = try Part(rows, decoder) }
    }

    /// All parts there are. The kinds are stored: they stay as they are.
    static let all = [
        AccountPart("customer", \.customers), AccountPart("product", \.products), AccountPart("price", \.prices),
        AccountPart("session", \.sessions), AccountPart("subscription", \.subscriptions), AccountPart("invoice", \.invoices),
        AccountPart("invoice_payment", \.invoicePayments), AccountPart("payment_intent", \.paymentIntents),
        AccountPart("charge", \.charges), AccountPart("refund", \.refunds), AccountPart("dispute", \.disputes),
        AccountPart("coupon", \.coupons), AccountPart("promotion_code", \.promotionCodes), AccountPart("discount", \.discounts),
        AccountPart("portal_session", \.portalSessions), AccountPart("payment_method", \.paymentMethods), AccountPart("event", \.events),
        AccountPart("test_clock", \.testClocks), AccountPart("webhook_endpoint", \.webhookEndpoints), AccountPart("agenda", \.agenda),
    ]
}
