extension Account {
    /// What a subscription costs for one period, line by line, before discounts.
    func invoiceLines(for subscription: Subscription, from start: Int, to end: Int, free: Bool = false) -> [Invoice.Line] {
        subscription.items.map { item in
            let price = prices[item.price]
            let amount = free ? 0 : (price?.unitAmount ?? 0) * item.quantity
            let product = price.flatMap { products[$0.product]?.name } ?? item.price
            let description =
                free
                ? "Trial period for \(product)"
                : "\(item.quantity) × \(product) (at \(Money(price?.unitAmount ?? 0, subscription.currency)) / month)"
            return Invoice.Line(
                id: Identifier.object("il_"), amount: amount, description: description, price: item.price, quantity: item.quantity,
                subscriptionItem: item.id, periodStart: start, periodEnd: end)
        }
    }

    /// A new invoice for a subscription, with its discounts; not yet told of.
    ///
    /// - Parameter start: of the period that the lines are for.
    func makeInvoice(
        for subscription: Subscription, reason: String, lines: [Invoice.Line], from start: Int, status: Invoice.Status
    ) -> Invoice {
        let customer = customers[subscription.customer]
        // The period of the invoice itself is the one that went before, Stripe's fields for usage billed in arrears.
        let before = reason == "subscription_create" ? now : subscription.periodStart
        var invoice = Invoice(
            id: Identifier.object(reason == "upcoming" ? "upcoming_in_" : "in_"), created: now, customer: subscription.customer,
            subscription: subscription.id, subscriptionMetadata: subscription.metadata, billingReason: reason,
            currency: subscription.currency, lines: discounted(lines, of: subscription, at: start), periodStart: before,
            periodEnd: reason == "subscription_create" ? now : start, customerEmail: customer?.email, customerName: customer?.name,
            status: status)
        invoice.collection = subscription.collection
        return invoice
    }

    /// Gives an invoice its number and makes it payable.
    mutating func number(_ invoice: inout Invoice) {
        guard var customer = customers[invoice.customer] else { return }
        let digits = String(customer.nextInvoiceSequence)
        invoice.number = customer.invoicePrefix + "-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        invoice.finalizedAt = now
        invoice.status = .open
        invoice.startingBalance = customer.balance
        customer.balance = invoice.endingBalance
        customer.nextInvoiceSequence += 1
        customer.currency = customer.currency ?? invoice.currency
        customers[customer.id] = customer
        if let days = subscriptions[invoice.subscription]?.daysUntilDue, invoice.collection == .sendInvoice {
            invoice.dueDate = now + days * 86_400
        }
        subscriptions[invoice.subscription]?.finalInvoice = invoice.id
    }

    /// Makes the payment intent that will pay a numbered invoice, and joins the two; not yet told of.
    mutating func makePaymentIntent(for id: String, description: String) -> PaymentIntent? {
        guard var invoice = invoices[id] else { return nil }
        var intent = PaymentIntent(
            created: now, amount: invoice.amountDue, currency: invoice.currency, customer: invoice.customer, invoice: id,
            description: description)
        intent.savesMethod = true
        paymentIntents.insert(intent)
        join(&invoice, to: intent.id)
        invoices[id] = invoice
        return intent
    }

    /// Says which payment intent pays a numbered invoice.
    mutating func join(_ invoice: inout Invoice, to intent: String) {
        let payment = InvoicePayment(
            id: Identifier.object("inpay_"), created: now, invoice: invoice.id, paymentIntent: intent,
            amountRequested: invoice.amountDue, currency: invoice.currency)
        invoicePayments.insert(payment)
        invoice.invoicePayment = payment.id
        invoice.paymentIntent = intent
        paymentIntents[intent]?.invoice = invoice.id
        for charge in paymentIntents[intent]?.charges ?? [] { charges[charge]?.invoice = invoice.id }
    }

    /// A draft becomes payable, a renewal's an hour after it was made, and is charged at once or sent.
    ///
    /// - Parameter automatic: by the retry schedule; counts as its first attempt.
    mutating func finalize(invoice id: String, automatic: Bool = true) {
        guard let invoice = invoices[id], invoice.status == .draft, invoice.autoAdvance else { return }
        makeFinal(invoice: id)
        guard let invoice = invoices[id], invoice.status == .open else { return }
        if invoice.collection == .sendInvoice { send(invoice: id) } else { collect(invoice: id, automatic: automatic) }
    }

    /// Gives a draft its number and says what is to be paid, without trying to collect it.
    mutating func makeFinal(invoice id: String) {
        guard var invoice = invoices[id], invoice.status == .draft else { return }
        number(&invoice)
        invoices[id] = invoice
        let behavior = subscriptions[invoice.subscription]?.pauseCollection?.behavior
        if behavior == .void || behavior == .markUncollectible { return setAside(invoice: id, isVoid: behavior == .void) }
        if invoice.amountDue == 0 { return payNothing(invoice: id) }
        let intent = makePaymentIntent(for: id, description: "Subscription update")
        if let finalized = invoices[id] { emit("invoice.finalized", finalized) }
        if let intent { emit("payment_intent.created", intent) }
    }

    /// Nobody is to collect this invoice while collection is paused.
    private mutating func setAside(invoice id: String, isVoid: Bool) {
        if let finalized = invoices[id] { emit("invoice.finalized", finalized) }
        if isVoid { void(invoice: id) } else { writeOff(invoice: id, because: "subscription_paused") }
    }

    private mutating func payNothing(invoice id: String) {
        guard var invoice = invoices[id] else { return }
        markPaid(&invoice)
        invoices[id] = invoice
        for type in ["invoice.finalized", "invoice.paid", "invoice.payment_succeeded"] { emit(type, invoice) }
        settle(invoice: id)
    }

    /// What payment does to an invoice.
    func markPaid(_ invoice: inout Invoice) {
        invoice.status = .paid
        invoice.attempted = true
        invoice.amountPaid = invoice.amountDue
        invoice.autoAdvance = false
        invoice.nextPaymentAttempt = nil
        invoice.paidAt = now
        invoice.webhooksDeliveredAt = invoice.webhooksDeliveredAt ?? invoice.created
    }

    // MARK: What the seller does with an invoice

    /// The customer is asked by mail to pay; an invoice that is still open after its due date makes its subscription past due.
    mutating func send(invoice id: String) {
        guard let invoice = invoices[id], invoice.status == .open else { return }
        emit("invoice.sent", invoice)
        if let due = invoice.dueDate { agenda.schedule(.overdue(id), at: due) }
    }

    /// An invoice that was sent has not been paid in time.
    mutating func overdue(invoice id: String) {
        guard let invoice = invoices[id], invoice.status == .open, subscriptions[invoice.subscription]?.finalInvoice == id else { return }
        change(\.subscriptions, invoice.subscription, event: "customer.subscription.updated") {
            $0.status = Dunning.statusAfterFailure($0.status)
        }
    }

    /// Nobody will pay this invoice any more. Only a final one that is unpaid can be void.
    mutating func void(invoice id: String) {
        guard let invoice = invoices[id], invoice.isPayable else { return }
        let now = now
        cancelPayment(of: invoice)
        change(\.invoices, id, event: "invoice.updated") {
            $0.status = .void
            $0.voidedAt = now
            $0.autoAdvance = false
            $0.nextPaymentAttempt = nil
        }
        if let voided = invoices[id] { emit("invoice.voided", voided) }
        tellCancellation(of: invoice)
        // Docs "Pending updates", "Cancel pending updates".
        if subscriptions[invoice.subscription]?.pendingUpdate?.invoice == id { dropUpdate(of: invoice.subscription) }
        forget(void: invoice)
    }

    /// A subscription's status is that of its newest final invoice which is not void (docs "How subscriptions work").
    private mutating func forget(void invoice: Invoice) {
        guard let subscription = subscriptions[invoice.subscription], subscription.finalInvoice == invoice.id else { return }
        let earlier = invoices.newestFirst.first {
            $0.subscription == subscription.id && $0.finalizedAt != nil && $0.status != .void
        }
        subscriptions[subscription.id]?.finalInvoice = earlier?.id
        guard let earlier, earlier.status != .open else { return }
        // One that is unpaid minds its newest draft, too.
        let isGood = subscription.status == .unpaid ? newestInvoice(of: subscription.id)?.id == earlier.id : subscription.status == .pastDue
        guard isGood else { return }
        change(\.subscriptions, subscription.id, event: "customer.subscription.updated") { $0.status = .active }
    }

    /// The newest invoice of a subscription that is not void, a draft too.
    func newestInvoice(of subscription: String) -> Invoice? {
        invoices.newestFirst.first { $0.subscription == subscription && $0.status != .void }
    }

    /// Nobody expects this invoice to be paid any more, though it can be.
    mutating func writeOff(invoice id: String, because reason: String) {
        guard invoices[id]?.status == .open else { return }
        let now = now
        change(\.invoices, id, event: "invoice.updated") {
            $0.status = .uncollectible
            $0.markedUncollectibleAt = now
            $0.uncollectibleReason = reason
            $0.autoAdvance = false
            $0.nextPaymentAttempt = nil
        }
        if let given = invoices[id] { emit("invoice.marked_uncollectible", given) }
    }

    /// An open invoice was paid by other means than Stripe.
    mutating func payOutOfBand(invoice id: String) {
        guard var invoice = invoices[id], invoice.isPayable else { return }
        let before = invoice.rendered(settings.eventVersion, in: self)
        cancelPayment(of: invoice)
        markPaid(&invoice)
        invoice.paidOutOfBand = true
        invoices[id] = invoice
        tellUpdate(of: invoice, before: before)
        tellCancellation(of: invoice)
        emit("invoice.paid", invoice)
        settle(invoice: id)
    }

    private mutating func cancelPayment(of invoice: Invoice) {
        invoicePayments[invoice.invoicePayment]?.canceledAt = now
        guard var intent = paymentIntents[invoice.paymentIntent], intent.status.isPayable else { return }
        intent.cancel(at: now, because: "void_invoice")
        paymentIntents[intent.id] = intent
    }

    private mutating func tellCancellation(of invoice: Invoice) {
        guard let intent = paymentIntents[invoice.paymentIntent], intent.status == .canceled else { return }
        emit("payment_intent.canceled", intent)
    }
}
