import Foundation
import Messaging
import Models
import Postgres

/// Brings one thing heard about a collection of money into `payments`, and says so when rows have changed.
///
/// The intent is locked first and its invoice second, and joins are written only under the lock of their intent: so whoever holds the
/// invoice sees every row that collects it, and nobody else makes another.
struct RecordPayment {
    let work: UnitOfWork

    /// Applies what `intent` or one of its charges says; `named` is its invoice, where anybody has named it. Returns the intent's row.
    func hear(_ update: PaymentUpdate, of intent: PaymentIntentID, joining named: InvoiceID?) async throws -> PaymentRow {
        let invoice = try await join(intent, named)
        let rows = try await change(intent, invoice) { $0.hear(update) }
        guard let row = rows.first(where: { !$0.byInvoice && $0.paymentIntentID == intent }) else {
            preconditionFailure("an intent that was heard has a row")
        }
        return row
    }

    /// Applies what `charge`, which has no intent, says; `named` is its invoice, where it names one. One that collects no invoice that is known
    /// is no payment of ours, and one that failed leaves nothing behind.
    func hear(_ update: PaymentUpdate, by charge: ChargeID, of named: InvoiceID?) async throws {
        guard update.status == .succeeded, let invoice = try await join(charge, named) else { return }
        try await change(nil, invoice) { $0.hear(update) }
    }

    /// Applies what `invoice` says: that it is paid, if it does, and whatever else the rows that collect it lack.
    func hear(_ invoice: InvoiceFacts, user: UserID?, at time: Date) async throws {
        if let intent = invoice.paymentIntentID {
            try await join(intent, invoice.id)
        } else if let charge = invoice.chargeID {
            try await join(charge, invoice.id)
        }
        var update = PaymentUpdate(paid: invoice, at: time)
        update?.userID = user
        try await change(nil, invoice.id) { group in
            if let update { group.hear(update) }
        }
    }

    /// Notes that `intent` collects `invoice`.
    func unite(_ intent: PaymentIntentID, _ invoice: InvoiceID) async throws {
        let invoice = try await join(intent, invoice)
        try await change(intent, invoice) { _ in }
    }

    /// Notes that `charge`, which has no intent, collects `invoice`.
    func unite(_ charge: ChargeID, _ invoice: InvoiceID) async throws {
        try await change(nil, try await join(charge, invoice)) { _ in }
    }

    /// Notes which session led to payments that are here already.
    func link(_ session: CheckoutSessionFacts) async throws {
        guard let intent = session.paymentIntentID else {
            if let invoice = session.invoiceID { try await change(nil, invoice) { _ in } }
            return
        }
        let invoice = try await join(intent, session.invoiceID)
        try await change(intent, invoice) { _ in }
    }

    /// Locks `intent`, and returns the invoice that it collects by what is known then.
    @discardableResult
    private func join(_ intent: PaymentIntentID, _ named: InvoiceID?) async throws -> InvoiceID? {
        try await Payments.lock(intent.rawValue, in: work)
        if let known = try await Payments.invoice(of: intent, in: work) { return known }
        if let named { try await Payments.join(intent, named, in: work) }
        return named
    }

    /// The same for a charge that has no intent.
    @discardableResult
    private func join(_ charge: ChargeID, _ named: InvoiceID?) async throws -> InvoiceID? {
        try await Payments.lock(charge.rawValue, in: work)
        if let known = try await Payments.invoice(of: charge, in: work) { return known }
        if let named { try await Payments.join(charge, named, in: work) }
        return named
    }

    /// Changes the rows of `intent`, which is locked, and of all that collect `invoice`; returns them as they are then.
    @discardableResult
    private func change(
        _ intent: PaymentIntentID?, _ invoice: InvoiceID?, _ edit: (inout PaymentGroup) -> Void
    ) async throws -> [PaymentRow] {
        if let invoice { try await Payments.lock(invoice.rawValue, in: work) }
        let known = try await KnownCollection(intent, invoice, in: work)
        var group = PaymentGroup(invoice: invoice, joined: known.joined, rows: known.rows)
        edit(&group)
        try await complete(&group, from: known)
        return try await store(group, was: known)
    }

    /// Adds what other tables know: the invoice's subscription and plan, the session and its user.
    private func complete(_ group: inout PaymentGroup, from known: KnownCollection) async throws {
        for index in group.rows.indices {
            var row = group.rows[index]
            row.subscriptionID = row.subscriptionID ?? known.invoice?.subscriptionID
            row.plan = row.plan ?? known.invoice?.plan
            row.metadata = (known.invoice?.metadata ?? [:]).merging(row.metadata) { $1 }
            if row.byInvoice, row.chargeID == nil, let id = group.invoice { row.chargeID = try await Payments.charge(of: id, in: work) }
            if !row.knowsSession, let session = known.session(of: row.paymentIntentID) {
                row.sessionID = row.sessionID ?? session.sessionID
                row.userID = row.userID ?? session.userID
                row.customerID = row.customerID ?? session.customerID
                row.subscriptionID = row.subscriptionID ?? session.subscriptionID
                row.plan = row.plan ?? session.plan
            }
            group.rows[index] = row
        }
    }

    private func store(_ group: PaymentGroup, was known: KnownCollection) async throws -> [PaymentRow] {
        let stored = known.rows
        for (row, survivor) in group.merged {
            try await Payments.dissolve(row, into: survivor, in: work)
            try work.publish(row.withNextVersion().recorded(mergedInto: survivor))
        }
        var rows: [PaymentRow] = []
        for row in group.rows.sorted(by: { $0.turn < $1.turn }) {
            rows.append(try await save(row, was: stored.first { $0.id == row.id }))
        }
        // What failed before may have been made good, or be another's now.
        if known.hasAttempts, !group.merged.isEmpty || rows.contains(where: { isNews($0, was: stored) }) {
            try await PaymentAttempts.settle(rows.first?.paymentIntentID, group.invoice, in: work)
        }
        return rows
    }

    private func isNews(_ row: PaymentRow, was stored: [PaymentRow]) -> Bool {
        let old = stored.first { $0.id == row.id }
        return (row.status == .succeeded && old?.status != .succeeded) || (row.userID != nil && old != nil && old?.userID == nil)
    }

    private func save(_ row: PaymentRow, was old: PaymentRow?) async throws -> PaymentRow {
        guard row != old else { return row }
        if let old, row.isNoNews(after: old) {
            try await Payments.note(row, in: work)
            return row
        }
        let saved = try await (old == nil ? Payments.insert(row, in: work) : Payments.update(row, in: work))
        if let user = saved.userID, old != nil, old?.userID == nil { try await PaymentAttempts.claim(saved.id, for: user, in: work) }
        try work.publish(saved.recorded())
        return saved
    }
}

extension PaymentRow {
    /// Intents and invoices are unique, so rows are written in the order in which they let go: first the invoice's row, which may have
    /// named an intent that has spoken since, then those without the invoice, then the one that takes it.
    fileprivate var turn: Int {
        if byInvoice && isStored { return 0 }
        return invoiceID == nil ? 1 : 2
    }

    /// Whether it has all that a session can say.
    fileprivate var knowsSession: Bool {
        sessionID != nil && userID != nil && customerID != nil && subscriptionID != nil && plan != nil
    }

    /// As it is told for the last time.
    fileprivate func withNextVersion() -> PaymentRow {
        var row = self
        row.version += 1
        return row
    }
}
