package import Models

extension StripeClient {
    /// Reads an invoice together with its payments, so that its payment intent is known in every API version.
    package func invoice(_ id: InvoiceID) async throws -> StripeRead<InvoiceFacts> {
        var form = Form()
        form.add(["payments"], to: "expand")
        return try await object(.get("invoices", id.rawValue, form: form), id: id.rawValue)
    }

    /// Every invoice of a subscription in any status, newest first. Throws `badResponse` when a row bills another.
    package func invoices(of subscription: SubscriptionID) async throws -> StripeRead<[InvoiceFacts]> {
        var form = Form()
        form.set(subscription.rawValue, at: "subscription")
        return try await all(.get("invoices", form: form)) { $0.subscriptionID ?? subscription == subscription }
    }

    /// The payments that this intent makes, at most a few. Throws `badResponse` when a row names another intent: joining payments to
    /// the wrong invoice would be worse than waiting.
    package func invoicePayments(paymentIntent id: PaymentIntentID) async throws -> StripeRead<[InvoicePaymentFacts]> {
        var form = Form()
        form.set("payment_intent", at: "payment", "type")
        form.set(id.rawValue, at: "payment", "payment_intent")
        return try await all(.get("invoice_payments", form: form)) { $0.paymentIntentID == id }
    }

    /// The payments of an invoice, canceled ones too. Throws `badResponse` when a row names another invoice.
    package func invoicePayments(invoice id: InvoiceID) async throws -> StripeRead<[InvoicePaymentFacts]> {
        var form = Form()
        form.set(id.rawValue, at: "invoice")
        return try await all(.get("invoice_payments", form: form)) { $0.invoiceID == id }
    }
}
