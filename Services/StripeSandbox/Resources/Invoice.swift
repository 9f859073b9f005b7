/// A demand for one period's money.
struct Invoice: Sendable, Codable {
    enum Status: String, Sendable, Codable { case draft, open, paid, uncollectible, void }

    /// What a discount takes off a line.
    struct DiscountAmount: Sendable, Equatable, Codable {
        let discount: String
        var amount: Int
    }

    /// What one subscription item costs in the period.
    struct Line: Sendable, Codable {
        let id: String
        /// Before discounts.
        let amount: Int
        let description: String
        let price: String
        let quantity: Int
        let subscriptionItem: String
        let periodStart: Int
        let periodEnd: Int
        var discounts: [DiscountAmount] = []
        /// Makes up for a change within a period; not discounted again.
        var isProration = false
        /// What the change was entered as, of a proration.
        var invoiceItem: String?
        /// The line whose time is given back, and its invoice.
        var credits: Credit?

        /// The same line for less.
        func reduced(to amount: Int) -> Line {
            var line = Line(
                id: id, amount: amount, description: description, price: price, quantity: quantity, subscriptionItem: subscriptionItem,
                periodStart: periodStart, periodEnd: periodEnd)
            line.isProration = true
            return line
        }

        var net: Int { amount - discounts.reduce(0) { $0 + $1.amount } }
    }

    /// A line that a proration gives back in part.
    struct Credit: Sendable, Codable {
        let invoice: String
        let line: String
    }

    let id: String
    let created: Int
    let customer: String
    let subscription: String
    /// As the subscription's was when the invoice was made.
    let subscriptionMetadata: [String: String]
    let billingReason: String
    let currency: String
    let lines: [Line]
    let periodStart: Int
    let periodEnd: Int
    let customerEmail: String?
    let customerName: String?
    var status: Status
    var number: String?
    var autoAdvance = true
    var attempted = false
    /// By the retry schedule: manual tries after the first do not count.
    var attemptCount = 0
    var nextPaymentAttempt: Int?
    var amountPaid = 0
    /// Marked as paid by other means than Stripe.
    var paidOutOfBand = false
    var collection = Subscription.CollectionMethod.chargeAutomatically
    /// When an invoice that was sent is to be paid.
    var dueDate: Int?
    var metadata: [String: String] = [:]
    var finalizedAt: Int?
    var paidAt: Int?
    var voidedAt: Int?
    var markedUncollectibleAt: Int?
    /// Why it was written off, in Stripe's words.
    var uncollectibleReason: String?
    var webhooksDeliveredAt: Int?
    var paymentIntent: String?
    /// Joins it to the payment intent.
    var invoicePayment: String?

    /// The customer's balance when the invoice got its number; below zero is credit.
    var startingBalance = 0

    /// It can still be paid; one that was written off can (docs "Invoice status transitions").
    var isPayable: Bool { status == .open || status == .uncollectible }

    /// Counts a try to collect it: by the retry schedule each, of others only the first.
    mutating func countAttempt(automatic: Bool) {
        attempted = true
        attemptCount += automatic || attemptCount == 0 ? 1 : 0
    }

    /// Minor units, before discounts.
    var subtotal: Int { lines.reduce(0) { $0 + $1.amount } }
    /// Below zero when more is given back than asked for.
    var total: Int { lines.reduce(0) { $0 + $1.net } }
    /// What is left to pay after the customer's credit.
    var amountDue: Int { demand(with: startingBalance) }

    /// What would be left to pay after that much credit, which is below zero; nil is none.
    func demand(with balance: Int?) -> Int { max(0, total + (balance ?? 0)) }

    /// The customer's balance afterwards.
    var endingBalance: Int { min(0, total + startingBalance) }

    /// What each discount takes off all lines.
    var discountAmounts: [DiscountAmount] {
        var sums: [DiscountAmount] = []
        for part in lines.flatMap(\.discounts) {
            if let index = sums.firstIndex(where: { $0.discount == part.discount }) {
                sums[index].amount += part.amount
            } else {
                sums.append(part)
            }
        }
        return sums
    }
}
