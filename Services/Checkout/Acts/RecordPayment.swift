import Messaging
import Models
import Postgres

/// Brings one thing heard about a collection of money into `payments`, and says so when the row has changed.
struct RecordPayment {
    let work: UnitOfWork

    /// Applies `update`. Rows that prove to be one collection are merged, and the earlier id stays. Returns the row.
    @discardableResult
    func callAsFunction(_ update: PaymentUpdate) async throws -> PaymentRow {
        let update = try await completed(update)
        try await Payments.lock(update.paymentIntentID, update.invoiceID, in: work)
        var rows = try await Payments.find(update.paymentIntentID, update.invoiceID, in: work)
        if let taken = rows.first(where: { $0.invoiceID != nil && $0.invoiceID == update.invoiceID }),
            taken.paymentIntentID != nil, update.paymentIntentID != nil, taken.paymentIntentID != update.paymentIntentID
        {
            // An invoice paid in parts by several intents: each is a collection of its own, and the first keeps the invoice.
            rows.removeAll { $0.id == taken.id }
            var part = update
            part.invoiceID = nil
            return try await store(part, rows)
        }
        return try await store(update, rows)
    }

    /// Fills in what is known only now of the payment that collects `invoice`, if there is one; makes none.
    func complete(_ invoice: InvoiceRow) async throws {
        let intent = try await Payments.intent(of: invoice.id, in: work)
        try await Payments.lock(intent, invoice.id, in: work)
        for row in try await Payments.find(intent, invoice.id, in: work) {
            var completed = row
            completed.subscriptionID = row.subscriptionID ?? invoice.subscriptionID
            completed.plan = row.plan ?? invoice.plan
            completed.invoiceID = row.invoiceID ?? (row.paymentIntentID == intent ? invoice.id : nil)
            try await save(completed, was: row)
        }
    }

    /// Makes the rows of an intent and of its invoice one, if both are here.
    func unite(_ intent: PaymentIntentID, _ invoice: InvoiceID) async throws {
        try await Payments.lock(intent, invoice, in: work)
        let rows = try await Payments.find(intent, invoice, in: work)
        guard let oldest = rows.first, !rows.contains(where: { $0.paymentIntentID != nil && $0.paymentIntentID != intent }) else { return }
        var merged = try await dissolve(rows.dropFirst(), into: oldest)
        merged.paymentIntentID = merged.paymentIntentID ?? intent
        merged.invoiceID = merged.invoiceID ?? invoice
        if let known = try await Invoices.find(invoice, in: work) {
            merged.subscriptionID = merged.subscriptionID ?? known.subscriptionID
            merged.plan = merged.plan ?? known.plan
        }
        try await save(merged, was: oldest)
    }

    /// Notes which session led to a payment that is here already.
    func link(_ session: CheckoutSessionFacts) async throws {
        guard session.paymentIntentID != nil || session.invoiceID != nil else { return }
        try await Payments.lock(session.paymentIntentID, session.invoiceID, in: work)
        for row in try await Payments.find(session.paymentIntentID, session.invoiceID, in: work) {
            var linked = row
            linked.sessionID = row.sessionID ?? session.id
            linked.userID = row.userID ?? session.userID
            linked.customerID = row.customerID ?? session.customerID
            try await save(linked, was: row)
        }
    }

    /// Adds what other rows here know: the join of intent and invoice, the invoice's subscription and plan, the session.
    private func completed(_ update: PaymentUpdate) async throws -> PaymentUpdate {
        var update = update
        if let intent = update.paymentIntentID {
            if let invoice = update.invoiceID {
                try await Payments.join(intent, invoice, in: work)
            } else {
                update.invoiceID = try await Payments.invoice(of: intent, in: work)
            }
        } else if let invoice = update.invoiceID {
            update.paymentIntentID = try await Payments.intent(of: invoice, in: work)
        }
        if let id = update.invoiceID, let invoice = try await Invoices.find(id, in: work) {
            update.subscriptionID = update.subscriptionID ?? invoice.subscriptionID
            update.plan = update.plan ?? invoice.plan
        }
        if let session = try await CheckoutSessions.leading(to: update.paymentIntentID, update.invoiceID, in: work) {
            update.sessionID = session.sessionID
            update.userID = update.userID ?? session.userID
        }
        return update
    }

    private func store(_ update: PaymentUpdate, _ rows: [PaymentRow]) async throws -> PaymentRow {
        guard let oldest = rows.first else {
            let row = try await Payments.insert(PaymentRow(first: update), in: work)
            try work.publish(row.recorded())
            return row
        }
        let merged = try await dissolve(rows.dropFirst(), into: oldest)
        return try await save(merged.hearing(update), was: oldest)
    }

    /// Takes `others` into `oldest`; their rows are gone afterwards and their attempts moved.
    private func dissolve(_ others: some Sequence<PaymentRow>, into oldest: PaymentRow) async throws -> PaymentRow {
        var merged = oldest
        for other in others {
            merged = merged.absorbing(other)
            try await Payments.dissolve(other, into: oldest.id, in: work)
            try work.publish(other.withNextVersion().recorded(mergedInto: oldest.id))
        }
        return merged
    }

    @discardableResult
    private func save(_ row: PaymentRow, was old: PaymentRow) async throws -> PaymentRow {
        guard row != old else { return old }
        let saved = try await Payments.update(row, in: work)
        try work.publish(saved.recorded())
        return saved
    }
}

extension PaymentRow {
    /// As it is told for the last time.
    fileprivate func withNextVersion() -> PaymentRow {
        var row = self
        row.version += 1
        return row
    }
}
