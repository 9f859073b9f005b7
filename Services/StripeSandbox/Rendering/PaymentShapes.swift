extension InvoicePayment: Resource {
    static let noun = "invoice_payment"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        .resource(
            id: id, object: "invoice_payment",
            [
                "amount_paid": paidAt == nil ? .null : .number(amountRequested), "amount_requested": .number(amountRequested),
                "created": .number(created), "currency": .text(currency), "invoice": .text(invoice), "is_default": true,
                "livemode": false, "payment": ["payment_intent": .text(paymentIntent), "type": "payment_intent"],
                "status": .text(status), "status_transitions": ["canceled_at": .optional(canceledAt), "paid_at": .optional(paidAt)],
            ])
    }
}

extension PaymentIntent: Resource {
    static let noun = "payment_intent"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        .resource(
            id: id, object: "payment_intent",
            facts(version, in: account).adding(version.isLegacy ? ["amount_details": ["tip": [:]], "invoice": .optional(invoice)] : [:]),
            nulls: [
                "application", "application_fee_amount", "automatic_payment_methods", "next_action", "on_behalf_of",
                "payment_method_configuration_details", "processing", "receipt_email", "review", "shipping", "statement_descriptor",
                "statement_descriptor_suffix", "transfer_data", "transfer_group",
            ] + (version.isLegacy ? ["source"] : ["customer_account", "excluded_payment_method_types", "managed_payments"]))
    }

    private func facts(_ version: APIVersion, in account: Account) -> JSON {
        [
            "amount": .number(amount), "amount_capturable": 0, "amount_received": .number(status == .succeeded ? amount : 0),
            "canceled_at": .optional(canceledAt), "cancellation_reason": canceledAt == nil ? .null : "void_invoice",
            "capture_method": "automatic", "client_secret": .text(clientSecret), "confirmation_method": "automatic",
            "created": .number(created), "currency": .text(currency), "customer": .optional(customer),
            "description": .optional(description), "last_payment_error": renderedFailure(version, in: account),
            "latest_charge": .optional(latestCharge), "livemode": false, "metadata": .metadata(metadata),
            "payment_method": .optional(paymentMethod),
            "payment_method_options": [
                "card": ["installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"]
            ],
            "payment_method_types": ["card"], "setup_future_usage": invoice == nil ? .null : "off_session",
            "status": .text(status.rawValue),
        ]
    }

    private func renderedFailure(_ version: APIVersion, in account: Account) -> JSON {
        guard let failure = lastFailure else { return .null }
        var error: JSON = [
            "charge": .text(failure.charge), "code": .text(failure.decline.code), "decline_code": .text(failure.decline.declineCode),
            "doc_url": "https://stripe.com/docs/error-codes/card-declined", "message": .text(failure.decline.message),
            "payment_method": account.paymentMethods[failure.paymentMethod]?.rendered(version, in: account) ?? .null,
            "type": "card_error",
        ]
        if !version.isLegacy {
            error["advice_code"] = "try_again_later"
            error["network_decline_code"] = .text(failure.decline.networkCode)
        }
        return error
    }
}
