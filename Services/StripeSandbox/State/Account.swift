/// Everything that Stripe would know: one value, changed by plain functions that do no I/O.
///
/// Time is `now`, set by whoever owns the account; nothing here reads a clock.
struct Account: Sendable {
    /// Unix seconds on the sandbox's clock.
    var now: Int
    var settings = BillingSettings()
    /// Where the hosted pages are, without a trailing slash.
    var publicURL: String
    /// The API request being executed; events name it.
    var cause: RequestCause?

    var customers = Table<Customer>()
    var products = Table<Product>()
    var prices = Table<Price>()
    var sessions = Table<CheckoutSession>()
    var subscriptions = Table<Subscription>()
    var invoices = Table<Invoice>()
    var invoicePayments = Table<InvoicePayment>()
    var paymentIntents = Table<PaymentIntent>()
    var charges = Table<Charge>()
    var refunds = Table<Refund>()
    var disputes = Table<Dispute>()
    var coupons = Table<Coupon>()
    var promotionCodes = Table<PromotionCode>()
    var discounts = Table<Discount>()
    var portalSessions = Table<PortalSession>()
    var paymentMethods = Table<PaymentMethod>()
    var events = Table<Event>()
    var testClocks = Table<TestClock>()
    var webhookEndpoints = Table<WebhookEndpoint>()
    var agenda = Agenda()
    /// Charges whose balance transaction is still to come.
    var unsettledCharges: [String] = []

    /// An account that sells the two plans and has no customers.
    init(now: Int, publicURL: String, currency: String, basicPrice: String, premiumPrice: String) {
        self.now = now
        self.publicURL = publicURL
        sellPlans(currency: currency, basicPrice: basicPrice, premiumPrice: premiumPrice)
    }

    /// Sells the two plans at prices of those ids, several separated by commas, unless it has such prices.
    mutating func sellPlans(currency: String, basicPrice: String, premiumPrice: String) {
        for (name, ids, amount) in [("Basic", basicPrice, 1900), ("Premium", premiumPrice, 4900)] {
            for id in ids.split(separator: ",").map({ $0.filter { $0 != " " } }) where prices[id] == nil {
                let product = Identifier.product()
                products.insert(Product(id: product, created: now, name: name, defaultPrice: id))
                prices.insert(
                    Price(
                        id: id, created: now, product: product, currency: currency, unitAmount: amount, isRecurring: true,
                        lookupKey: name.lowercased()))
            }
        }
    }

    /// The hosted page of a session.
    func pageURL(of session: CheckoutSession) -> String { "\(publicURL)/c/pay/\(session.id)" }

    /// The hosted page of an invoice.
    func pageURL(of invoice: Invoice) -> String { "\(publicURL)/i/\(invoice.id)" }

    /// Makes an event, unless its type does not exist in the version in force.
    mutating func emit(_ type: String, _ object: JSON, previous: JSON? = nil) {
        guard settings.eventVersion.has(event: type) else { return }
        events.insert(
            Event(
                id: Identifier.object("evt_"), created: now, type: type, version: settings.eventVersion, object: object,
                previousAttributes: previous, cause: cause, pendingWebhooks: 0))
    }

    /// Makes an event that tells an object as it is now.
    mutating func emit(_ type: String, _ object: some Resource) {
        emit(type, object.rendered(settings.eventVersion, in: self))
    }

    /// Changes an object and makes an event that tells what it was before; without an event when nothing visible changed.
    mutating func change<Row: Resource>(
        _ table: WritableKeyPath<Account, Table<Row>>, _ id: String?, event type: String, _ edit: (inout Row) -> Void
    ) {
        guard var row = self[keyPath: table][id] else { return }
        let before = row.rendered(settings.eventVersion, in: self)
        edit(&row)
        self[keyPath: table][id] = row
        let after = row.rendered(settings.eventVersion, in: self)
        emitChange(type, from: before, to: after)
    }

    /// Makes an event that tells what an object was before; none when nothing visible changed.
    mutating func emitChange(_ type: String, from before: JSON, to after: JSON) {
        if before != after { emit(type, after, previous: JSON.previousAttributes(before: before, after: after)) }
    }

    /// Any object by its id, as the API shows it.
    func rendered(_ id: String, _ version: APIVersion) -> JSON? {
        let candidates: [(any Resource)?] = [
            customers[id], subscriptions[id], invoices[id], paymentIntents[id], charges[id], paymentMethods[id], prices[id],
            products[id], sessions[id], invoicePayments[id], refunds[id], disputes[id], coupons[id],
            promotionCodes[id], discounts[id], testClocks[id],
        ]
        return candidates.lazy.compactMap(\.self).first?.rendered(version, in: self)
    }
}
