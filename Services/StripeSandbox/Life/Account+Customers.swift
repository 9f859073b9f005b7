extension Account {
    /// A new customer, told of.
    mutating func makeCustomer(
        email: String?, name: String? = nil, description: String? = nil, phone: String? = nil, metadata: [String: String] = [:],
        testClock: String? = nil
    ) -> Customer {
        let customer = Customer(
            id: Identifier.customer(), created: now, email: email, name: name, description: description, phone: phone,
            metadata: metadata, invoicePrefix: Identifier.random(8).uppercased(), testClock: testClock)
        customers.insert(customer)
        emit("customer.created", customer)
        return customer
    }

    /// Deletes a customer, whose subscriptions end at once.
    mutating func delete(customer id: String) {
        guard let customer = customers[id], !customer.deleted else { return }
        for subscription in subscriptions.all where subscription.customer == id { end(subscription: subscription.id) }
        emit("customer.deleted", customers[id] ?? customer)
        customers[id]?.deleted = true
    }

    /// Saves another card to a customer and makes it the default, as the customer would in the portal.
    mutating func replaceCard(of customer: String, with card: TestCard) -> PaymentMethod {
        let method = makePaymentMethod(.card(card), billing: billingDetails(of: customer), isSetUp: true)
        attach(paymentMethod: method.id, to: customer)
        makeDefault(paymentMethod: method.id, of: customer)
        return paymentMethods[method.id] ?? method
    }

    /// Pays an open invoice with the card entered on its page; a card that works becomes the default.
    ///
    /// An invoice paid before answers `paid`, so a form sent twice pays once.
    mutating func pay(invoice id: String, with card: TestCard) -> PageOutcome {
        defer { settleCharges() }
        guard let invoice = invoices[id] else { return .closed }
        if invoice.status == .paid { return .paid }
        guard invoice.isPayable else { return .closed }
        let method = makePaymentMethod(
            .card(card), billing: billingDetails(of: invoice.customer), isSetUp: card.authentication == .never)
        guard method.needsChallenge else { return finish(invoice: id, with: method.id) }
        return invoice.paymentIntent.map { challenge(paymentIntent: $0, with: method) } ?? .closed
    }

    /// Charges an open invoice to a card whose holder is there; a card that works becomes the default.
    mutating func finish(invoice id: String, with methodID: String) -> PageOutcome {
        guard let invoice = invoices[id], invoice.isPayable, let method = paymentMethods[methodID] else { return .closed }
        if method.decline(onSession: true) == nil {
            attach(paymentMethod: methodID, to: invoice.customer)
            makeDefault(paymentMethod: methodID, of: invoice.customer)
        }
        let failure = collect(invoice: id, automatic: false, with: paymentMethods[methodID], onSession: true)
        return failure.map { .declined($0.decline.message) } ?? .paid
    }
}
