extension CheckoutSession: Resource {
    static let noun = "checkout.session"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        let modern = ["customer_account", "integration_identifier", "optional_items", "origin_context", "permissions", "wallet_options"]
        var session = JSON.resource(
            id: id, object: "checkout.session", facts(version, in: account),
            nulls: [
                "after_expiration", "billing_address_collection", "client_secret", "consent",
                "consent_collection", "currency_conversion", "invoice_creation", "locale", "payment_link",
                "payment_method_configuration_details", "recovered_from", "setup_intent", "shipping_address_collection",
                "shipping_cost", "submit_type",
            ] + (version.isLegacy ? ["shipping_details"] : modern))
        if !version.isLegacy {
            session["adaptive_pricing"] = ["enabled": false]
            session["collected_information"] = ["business_name": nil, "individual_name": nil, "shipping_details": nil]
            session["discounts"] = .list(
                discounts.map { use -> JSON in ["coupon": .text(use.coupon), "promotion_code": .optional(use.promotionCode)] })
            session["managed_payments"] = ["enabled": false]
        }
        return session
    }

    private func facts(_ version: APIVersion, in account: Account) -> JSON {
        [
            "allow_promotion_codes": allowsPromotionCodes ? true : .null, "amount_subtotal": .number(amountSubtotal),
            "amount_total": .number(isTrial ? 0 : amountTotal),
            "automatic_tax": version.isLegacy
                ? ["enabled": false, "liability": nil, "status": nil]
                : ["enabled": false, "liability": nil, "provider": nil, "status": nil],
            "cancel_url": .optional(cancelURL), "client_reference_id": .optional(clientReferenceID), "created": .number(created),
            "currency": .text(currency), "custom_fields": [],
            "custom_text": ["after_submit": nil, "shipping_address": nil, "submit": nil, "terms_of_service_acceptance": nil],
            "customer": .optional(customer), "customer_creation": customerCreation, "customer_details": details(version, in: account),
            "customer_email": .optional(customerEmail), "expires_at": .number(expiresAt), "invoice": .optional(invoice),
            "livemode": false, "metadata": .metadata(metadata), "mode": .text(mode.rawValue),
            "payment_intent": .optional(paymentIntent),
            "payment_method_collection": collectsCardAlways && mode == .subscription ? "always" : "if_required",
            "payment_method_options": options, "payment_method_types": .list(paymentMethodTypes.map(JSON.text)),
            "payment_status": .text(paymentStatus(in: account)), "phone_number_collection": ["enabled": false],
            "saved_payment_method_options": [
                "allow_redisplay_filters": ["always"], "payment_method_remove": "disabled", "payment_method_save": nil,
            ],
            "shipping_options": [], "status": .text(status.rawValue), "subscription": .optional(subscription),
            "success_url": .text(successURL),
            "total_details": ["amount_discount": .number(amountDiscount), "amount_shipping": 0, "amount_tax": 0],
            "ui_mode": .text(version.hostedMode), "url": status == .open ? .text(account.pageURL(of: self)) : .null,
        ]
    }

    /// Null where the session was made for a customer.
    private var customerCreation: JSON {
        if createsCustomer { return "always" }
        return customer == nil && mode == .payment ? "if_required" : .null
    }

    private var options: JSON {
        .object(paymentMethodTypes.map { JSON.Member(name: $0, value: $0 == "card" ? ["request_three_d_secure": "automatic"] : [:]) })
    }

    private func paymentStatus(in account: Account) -> String {
        guard status == .complete else { return "unpaid" }
        if isTrial { return "no_payment_required" }
        // A debit completes the session before its bank has decided.
        if let intent = account.paymentIntents[paymentIntent ?? account.invoices[invoice]?.paymentIntent], intent.status != .succeeded {
            return "unpaid"
        }
        return "paid"
    }

    private func details(_ version: APIVersion, in account: Account) -> JSON {
        let email = billing?.email ?? account.customers[customer]?.email ?? customerEmail
        guard billing != nil || email != nil else { return .null }
        var details: JSON = [
            "address": billing?.address ?? .null, "email": .optional(email), "name": .optional(billing?.name), "phone": nil,
            "tax_exempt": "none", "tax_ids": billing == nil ? .null : [],
        ]
        if !version.isLegacy {
            details["business_name"] = .null
            details["individual_name"] = .null
        }
        return details
    }

    /// The `line_items` list.
    func renderedLines(_ version: APIVersion, in account: Account) -> JSON {
        let items = lines.compactMap { line -> JSON? in
            guard let price = account.prices[line.price] else { return nil }
            return .resource(
                id: line.id, object: "item",
                [
                    "amount_discount": .number(line.discount), "amount_subtotal": .number(line.amount), "amount_tax": 0,
                    "amount_total": .number(line.amount - line.discount), "currency": .text(price.currency),
                    "description": .optional(account.products[price.product]?.name),
                    "price": price.rendered(version, in: account), "quantity": .number(line.quantity),
                ])
        }
        return ["object": "list", "data": .list(items), "has_more": false, "url": .text("/v1/checkout/sessions/\(id)/line_items")]
    }
}
