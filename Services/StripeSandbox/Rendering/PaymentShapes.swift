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
            facts(version, in: account).adding(version.isLegacy ? ["invoice": .optional(invoice)] : [:]),
            nulls: [
                "application", "application_fee_amount", "automatic_payment_methods", "on_behalf_of",
                "payment_method_configuration_details", "processing", "receipt_email", "review", "shipping", "statement_descriptor",
                "statement_descriptor_suffix", "transfer_data", "transfer_group",
            ] + (version.isLegacy ? ["source"] : ["customer_account", "excluded_payment_method_types", "managed_payments"]))
    }

    private func facts(_ version: APIVersion, in account: Account) -> JSON {
        [
            "amount": .number(amount), "amount_capturable": 0, "amount_details": ["tip": [:]],
            "amount_received": .number(status == .succeeded ? amount : 0),
            "canceled_at": .optional(canceledAt), "cancellation_reason": .optional(cancellationReason),
            "capture_method": "automatic", "client_secret": .text(clientSecret), "confirmation_method": "automatic",
            "created": .number(created), "currency": .text(currency), "customer": .optional(customer),
            "description": .optional(description), "last_payment_error": renderedFailure(version, in: account),
            "latest_charge": .optional(latestCharge), "livemode": false, "metadata": .metadata(metadata),
            "next_action": renderedNextAction(in: account), "payment_method": .optional(paymentMethod),
            "payment_method_options": options, "payment_method_types": .list(paymentMethodTypes.map(JSON.text)),
            "setup_future_usage": savesMethod ? "off_session" : .null, "status": .text(status.rawValue),
        ]
    }

    private var options: JSON {
        let card: JSON = ["installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"]
        return .object(paymentMethodTypes.map { JSON.Member(name: $0, value: $0 == "card" ? card : [:]) })
    }

    private func renderedFailure(_ version: APIVersion, in account: Account) -> JSON {
        guard let failure = lastFailure else { return .null }
        let method = account.paymentMethods[failure.paymentMethod]
        if method?.instrument.testAccount != nil {
            return [
                "charge": .optional(failure.charge), "code": "payment_intent_payment_attempt_failed", "message": "The payment failed.",
                "type": "invalid_request_error",
            ]
        }
        let decline = failure.decline
        var error: JSON = [
            "code": .text(decline.code), "doc_url": .text(APIError.documentation(of: decline.code)), "message": .text(decline.message),
            "payment_method": method?.rendered(version, in: account) ?? .null,
            "type": failure.charge == nil ? "invalid_request_error" : "card_error",
        ]
        if let code = decline.declineCode { error["decline_code"] = .text(code) }
        guard let charge = failure.charge else { return error }
        error["charge"] = .text(charge)
        if !version.isLegacy {
            error["advice_code"] = .text(decline.advice)
            error["network_decline_code"] = .optional(decline.networkCode)
        }
        return error
    }

    private func renderedNextAction(in account: Account) -> JSON {
        guard status == .requiresAction else { return .null }
        let page =
            account.sessions[challenge?.session].map { account.pageURL(of: $0) }
            ?? account.invoices[invoice].map { account.pageURL(of: $0) }
        return [
            "redirect_to_url": ["return_url": .optional(page), "url": .text(account.challengeURL(of: self))], "type": "redirect_to_url",
        ]
    }
}
