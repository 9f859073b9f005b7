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

    /// One page of all invoices of the account, newest first, each with its payments.
    package func invoices(startingAfter last: String?, limit: Int) async throws -> StripeRead<ListPage<InvoiceFacts>> {
        var form = Form()
        form.add(["data.payments"], to: "expand")
        return try await page(of: "invoices", startingAfter: last, limit: limit, where: form)
    }

    /// Makes an invoice that nobody is to collect: what is due is not owed any more.
    package func voidInvoice(_ id: InvoiceID, idempotencyKey: String) async throws -> StripeRead<InvoiceFacts> {
        try await object(.post("invoices", id.rawValue, "void", idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Makes a draft final; Stripe collects it then, or leaves it alone. Only what is final can be voided.
    package func finalizeInvoice(_ id: InvoiceID, isCollected: Bool, idempotencyKey: String) async throws -> StripeRead<InvoiceFacts> {
        var form = Form()
        form.set(isCollected, at: "auto_advance")
        return try await object(.post("invoices", id.rawValue, "finalize", form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }

    /// Keeps Stripe from making a draft final by itself.
    package func stopAdvancing(_ id: InvoiceID, idempotencyKey: String) async throws -> StripeRead<InvoiceFacts> {
        var form = Form()
        form.set(false, at: "auto_advance")
        return try await object(.post("invoices", id.rawValue, form: form, idempotencyKey: idempotencyKey), id: id.rawValue)
    }
}
