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
        return Invoice(
            id: Identifier.object(reason == "upcoming" ? "upcoming_in_" : "in_"), created: now, customer: subscription.customer,
            subscription: subscription.id, subscriptionMetadata: subscription.metadata, billingReason: reason,
            currency: subscription.currency, lines: discounted(lines, of: subscription, at: start), periodStart: before,
            periodEnd: reason == "subscription_create" ? now : start, customerEmail: customer?.email, customerName: customer?.name,
            status: status)
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
    }

    /// Makes the payment intent that will pay a numbered invoice, and joins the two; not yet told of.
    mutating func makePaymentIntent(for id: String, description: String) -> PaymentIntent? {
        guard var invoice = invoices[id] else { return nil }
        let intentID = Identifier.object("pi_")
        let intent = PaymentIntent(
            id: intentID, created: now, amount: invoice.amountDue, currency: invoice.currency, customer: invoice.customer, invoice: id,
            description: description, clientSecret: Identifier.secret(of: intentID))
        paymentIntents.insert(intent)
        let payment = InvoicePayment(
            id: Identifier.object("inpay_"), created: now, invoice: id, paymentIntent: intentID, amountRequested: invoice.amountDue,
            currency: invoice.currency)
        invoicePayments.insert(payment)
        invoice.invoicePayment = payment.id
        invoice.paymentIntent = intentID
        invoices[id] = invoice
        return intent
    }

    /// A draft becomes payable, a renewal's an hour after it was made, and is charged at once.
    ///
    /// - Parameter automatic: by the retry schedule; counts as its first attempt.
    mutating func finalize(invoice id: String, automatic: Bool = true) {
        guard var invoice = invoices[id], invoice.status == .draft, invoice.autoAdvance else { return }
        number(&invoice)
        invoices[id] = invoice
        let behavior = subscriptions[invoice.subscription]?.pauseCollection?.behavior
        if behavior == .void || behavior == .markUncollectible { return setAside(invoice: id, isVoid: behavior == .void) }
        if invoice.amountDue == 0 { return payNothing(invoice: id) }
        let intent = makePaymentIntent(for: id, description: "Subscription update")
        if let finalized = invoices[id] { emit("invoice.finalized", finalized) }
        if let intent { emit("payment_intent.created", intent) }
        collect(invoice: id, automatic: automatic)
    }

    /// Nobody is to collect this invoice while collection is paused.
    private mutating func setAside(invoice id: String, isVoid: Bool) {
        if let finalized = invoices[id] { emit("invoice.finalized", finalized) }
        if isVoid { return void(invoice: id) }
        let now = now
        change(\.invoices, id, event: "invoice.updated") {
            $0.status = .uncollectible
            $0.markedUncollectibleAt = now
            $0.autoAdvance = false
            $0.nextPaymentAttempt = nil
        }
        if let given = invoices[id] { emit("invoice.marked_uncollectible", given) }
    }

    private mutating func payNothing(invoice id: String) {
        guard var invoice = invoices[id] else { return }
        markPaid(&invoice)
        invoices[id] = invoice
        for type in ["invoice.finalized", "invoice.paid", "invoice.payment_succeeded"] { emit(type, invoice) }
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

    /// Nobody will pay this invoice any more.
    mutating func void(invoice id: String) {
        guard let invoice = invoices[id], invoice.status == .open else { return }
        invoicePayments[invoice.invoicePayment]?.canceledAt = now
        let now = now
        change(\.invoices, id, event: "invoice.updated") {
            $0.status = .void
            $0.voidedAt = now
            $0.autoAdvance = false
            $0.nextPaymentAttempt = nil
        }
        if let voided = invoices[id] { emit("invoice.voided", voided) }
        guard var intent = paymentIntents[invoice.paymentIntent], intent.status.isPayable else { return }
        intent.status = .canceled
        intent.canceledAt = now
        paymentIntents[intent.id] = intent
        emit("payment_intent.canceled", intent)
    }
}
