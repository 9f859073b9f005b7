package import struct Foundation.Date

/// A pass over one of Stripe's lists came to its end: what Stripe has in all, and what was different here.
///
/// Published by checkout and refund; consumed by analytics, which compares its own totals with Stripe's.
package struct ReconciliationFinished: FixedMessage, Hashable {
    /// What Stripe has of one kind.
    package struct Total: Codable, Sendable, Hashable {
        /// Lower-case ISO code.
        package var currency: String
        /// As Stripe says it.
        package var status: String
        /// Whether they are about payments of ours.
        package var isOurs: Bool
        /// Whether they are for a plan; nil where that is not asked.
        package var hasPlan: Bool?
        /// How many there are.
        package var count: Int64
        /// Minor units of all of them.
        package var amount: Int64

        package init(currency: String, status: String, isOurs: Bool, hasPlan: Bool? = nil, count: Int64, amount: Int64) {
            self.currency = currency
            self.status = status
            self.isOurs = isOurs
            self.hasPlan = hasPlan
            self.count = count
            self.amount = amount
        }
    }

    /// Whose pass it was.
    package var service: ServiceName
    /// Which list: subscriptions, invoices, refunds, disputes.
    package var scope: String
    /// The pass: of two over one list the higher holds.
    package var version: Int64
    /// When its first page was read, by Stripe's clock: what was made later is not in it.
    package var asOf: Date
    /// How many there are.
    package var seen: Int64
    /// How many were different here, and are as at Stripe now.
    package var repaired: Int64
    /// How many could not be read, and are not in the totals.
    package var passedOver: Int64
    /// What there is, sorted.
    package var totals: [Total]

    package init(
        service: ServiceName, scope: String, version: Int64, asOf: Date, seen: Int64, repaired: Int64, passedOver: Int64, totals: [Total]
    ) {
        self.service = service
        self.scope = scope
        self.version = version
        self.asOf = asOf
        self.seen = seen
        self.repaired = repaired
        self.passedOver = passedOver
        self.totals = totals
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "reconciliation.finished.v1"
    /// The list.
    package var subject: String? { "\(service.rawValue) \(scope)" }
}
