import Foundation
import Models

/// The rows that collect one invoice, or the one row of an intent that collects none.
///
/// Each intent that has spoken has a row, and only its own words move it: an invoice can have several intents, and when it says that it
/// is paid it does not say by which. The invoice's word has a row of its own until one of the intents is heard to have succeeded; that is
/// the same money, and the two become one. So the same facts give the same rows in whatever order they come, and on the way no money
/// is counted twice whose join is known.
struct PaymentGroup: Sendable {
    /// The invoice; nil for an intent that is not known to collect one.
    let invoice: InvoiceID?
    /// The intents that are known to collect it.
    private let joined: [PaymentIntentID]
    /// Oldest first; new ones, which have no id yet, last.
    var rows: [PaymentRow]
    /// The rows that are gone, each with the one that now has everything.
    private(set) var merged: [(row: PaymentRow, survivor: PaymentID)] = []

    /// The rows as stored, brought in line with what is known of the joins by now.
    init(invoice: InvoiceID?, joined: [PaymentIntentID], rows: [PaymentRow]) {
        self.invoice = invoice
        self.joined = joined
        self.rows = rows
        settle()
    }

    /// Takes in what an intent, one of its charges or the invoice says. Once an intent has succeeded the invoice can only add when.
    mutating func hear(_ update: PaymentUpdate) {
        let known = rows.firstIndex { row in
            guard let intent = update.paymentIntentID else { return row.byInvoice }
            return !row.byInvoice && row.paymentIntentID == intent
        }
        if let known {
            rows[known] = rows[known].hearing(update)
        } else if update.paymentIntentID == nil, let collected = rows.firstIndex(where: \.isCollected) {
            rows[collected].paidAt = latest(rows[collected].paidAt, update.paidAt)
        } else {
            rows.append(PaymentRow(first: update))
        }
        settle()
    }

    private mutating func settle() {
        unite()
        nameSilentIntent()
        let holder = rows.indices.max { rows[$0].yields(to: rows[$1]) }
        for index in rows.indices { rows[index].invoiceID = index == holder ? invoice : nil }
    }

    /// Makes the invoice's row and that of an intent which has succeeded one. The earlier id stays; what the intent says of itself counts
    /// before what the invoice says.
    private mutating func unite() {
        guard let word = rows.firstIndex(where: \.byInvoice), let paid = rows.firstIndex(where: { !$0.byInvoice && $0.isCollected }) else {
            return
        }
        let (kept, gone) = (min(word, paid), max(word, paid))
        var united = rows[paid].completed(from: rows[word])
        united.id = rows[kept].id
        united.version = rows[kept].version
        if rows[gone].isStored { merged.append((rows[gone], rows[kept].id)) }
        rows[kept] = united
        rows.remove(at: gone)
    }

    /// Names on the invoice's row the one intent that is known to collect it and has not spoken, so that the payment is found by it.
    private mutating func nameSilentIntent() {
        guard let word = rows.firstIndex(where: \.byInvoice) else { return }
        let only = joined.count == 1 ? joined.first : nil
        let hasSpoken = rows.contains { !$0.byInvoice && $0.paymentIntentID == only }
        rows[word].paymentIntentID = hasSpoken ? nil : only
    }
}

/// Of a debit that was read, Stripe tells when it was begun, and only the invoice when it was paid: the later time is that of the money.
func latest(_ times: Date?...) -> Date? { times.compactMap(\.self).max() }

extension PaymentRow {
    /// Whether it is in the table.
    var isStored: Bool { !id.rawValue.isEmpty }

    /// Whether the money was collected, also when it was given back later.
    fileprivate var isCollected: Bool { status.rank >= PaymentStatus.succeeded.rank }

    /// Whether `other` is to carry the invoice that both collect: the invoice's own row, else the one that has come furthest. Ids decide
    /// between equals, so that it does not depend on who came first.
    fileprivate func yields(to other: PaymentRow) -> Bool {
        if byInvoice != other.byInvoice { return other.byInvoice }
        if status.rank != other.status.rank { return status.rank < other.status.rank }
        return (paymentIntentID?.rawValue ?? "") > (other.paymentIntentID?.rawValue ?? "")
    }

    /// The row with what it lacks taken from the invoice's own row, which is about the same money.
    fileprivate func completed(from word: PaymentRow) -> PaymentRow {
        var row = self
        row.status = status.joined(word.status)
        row.amountRefunded = max(amountRefunded, word.amountRefunded)
        row.refundsVersion = max(refundsVersion, word.refundsVersion)
        row.amount = max(amount, row.amountRefunded)
        row.userID = userID ?? word.userID
        row.sessionID = sessionID ?? word.sessionID
        row.subscriptionID = subscriptionID ?? word.subscriptionID
        row.customerID = customerID ?? word.customerID
        row.plan = plan ?? word.plan
        row.chargeID = chargeID ?? word.chargeID
        row.method = method ?? word.method
        row.methodAt = methodAt ?? word.methodAt
        row.metadata = word.metadata.merging(metadata) { $1 }
        row.paidAt = latest(paidAt, word.paidAt)
        return row.withRefundStatus
    }
}
