import Models

extension InvoicePaymentFacts: StripeResource {
    static let objectName = "invoice_payment"

    init(stripe payment: Fields) throws {
        self.init(
            id: try payment.required("id", payment.text("id")),
            invoiceID: try payment.required("invoice", payment.id("invoice")),
            paymentIntentID: try payment.object("payment")?.id("payment_intent"),
            chargeID: try payment.object("payment")?.id("charge"),
            status: try payment.required("status", payment.text("status")),
            amountPaid: try payment.integer("amount_paid"),
            currency: try payment.required("currency", payment.text("currency")))
    }
}
