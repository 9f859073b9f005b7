extension Account {
    /// A card or bank account that is known but saved to nobody.
    ///
    /// - Parameter isSetUp: its holder is there and agrees to later charges.
    mutating func makePaymentMethod(_ instrument: Instrument, billing: BillingDetails, isSetUp: Bool = false) -> PaymentMethod {
        var method = PaymentMethod(id: Identifier.object("pm_"), created: now, instrument: instrument, billing: billing)
        method.isSetUp = isSetUp
        paymentMethods.insert(method)
        return method
    }

    /// Saves a card to a customer and tells of it; a card saved before stays as it is.
    mutating func attach(paymentMethod id: String, to customer: String) {
        guard var method = paymentMethods[id], method.customer == nil else { return }
        method.customer = customer
        paymentMethods[id] = method
        emit("payment_method.attached", method)
    }

    /// Takes a saved card from its customer, whose later charges can use it no more.
    mutating func detach(paymentMethod id: String) {
        guard let customer = paymentMethods[id]?.customer else { return }
        if customers[customer]?.defaultPaymentMethod == id {
            change(\.customers, customer, event: "customer.updated") { $0.defaultPaymentMethod = nil }
        }
        for subscription in subscriptions.all where subscription.customer == customer && subscription.defaultPaymentMethod == id {
            change(\.subscriptions, subscription.id, event: "customer.subscription.updated") { $0.defaultPaymentMethod = nil }
        }
        change(\.paymentMethods, id, event: "payment_method.detached") { $0.customer = nil }
    }

    /// Makes a saved card the one that all the customer's later charges use.
    mutating func makeDefault(paymentMethod id: String, of customer: String) {
        change(\.customers, customer, event: "customer.updated") { $0.defaultPaymentMethod = id }
        for subscription in subscriptions.all where subscription.customer == customer && !subscription.hasEnded {
            change(\.subscriptions, subscription.id, event: "customer.subscription.updated") { $0.defaultPaymentMethod = id }
        }
    }

    /// The card that a subscription's next charge uses.
    func paymentMethod(of subscription: Subscription) -> PaymentMethod? {
        paymentMethods[subscription.defaultPaymentMethod] ?? paymentMethods[customers[subscription.customer]?.defaultPaymentMethod]
    }

    /// Who a card belongs to when nothing was entered.
    func billingDetails(of customer: String?) -> BillingDetails {
        let customer = customers[customer]
        return BillingDetails(email: customer?.email, name: customer?.name)
    }
}
