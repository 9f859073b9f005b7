extension Invoice: Resource {
    static let noun = "invoice"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        let always = [
            "account_tax_ids", "application", "automatically_finalizes_at", "custom_fields", "customer_address", "customer_phone",
            "customer_shipping", "default_payment_method", "default_source", "description", "footer", "from_invoice",
            "last_finalization_error", "latest_revision", "on_behalf_of", "receipt_number", "rendering", "shipping_cost",
            "shipping_details", "statement_descriptor", "test_clock",
        ]
        let legacy = ["application_fee_amount", "quote", "tax", "transfer_data"]
        // An upcoming invoice has no id before basil.
        let shownID = version.isLegacy && billingReason == "upcoming" ? nil : id
        var invoice = JSON.resource(
            id: shownID, object: "invoice", facts(version, in: account), nulls: always + (version.isLegacy ? legacy : ["customer_account"]))
        let shaped = version.isLegacy ? legacyFacts(version, in: account) : modernFacts
        for member in shaped.members { invoice[member.name] = member.value }
        if version.hasStatusDetails, status == .uncollectible, let uncollectibleReason {
            invoice["status_details"] = ["uncollectible": ["reason": .text(uncollectibleReason)]]
        }
        invoice["test_clock"] = .optional(account.customers[customer]?.testClock)
        return invoice
    }

    private func facts(_ version: APIVersion, in account: Account) -> JSON {
        let page = finalizedAt == nil ? JSON.null : .text(account.pageURL(of: self))
        let balance = finalizedAt == nil ? nil : endingBalance
        let discountIDs = JSON.list(discountAmounts.map { JSON.text($0.discount) })
        let discountTotals = JSON.list(discountAmounts.map(\.json))
        return [
            "account_country": "US", "account_name": "Sandbox", "amount_due": .number(amountDue), "amount_paid": .number(amountPaid),
            "amount_remaining": .number(amountDue - amountPaid), "amount_shipping": 0, "attempt_count": .number(attemptCount),
            "attempted": .flag(attempted), "auto_advance": .flag(autoAdvance), "billing_reason": .text(billingReason),
            "collection_method": .text(collection.rawValue), "created": .number(created), "currency": .text(currency),
            "customer": .text(customer), "customer_email": .optional(customerEmail), "customer_name": .optional(customerName),
            "customer_tax_exempt": "none", "customer_tax_ids": [], "default_tax_rates": [], "discounts": discountIDs,
            "due_date": .optional(dueDate),
            "effective_at": .optional(finalizedAt), "ending_balance": .optional(balance), "hosted_invoice_url": page,
            "invoice_pdf": page, "issuer": ["type": "self"], "lines": renderedLines(version, in: account), "livemode": false,
            "metadata": .metadata(metadata), "next_payment_attempt": .optional(nextPaymentAttempt), "number": .optional(number),
            "payment_settings": ["default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil],
            "period_end": .number(periodEnd), "period_start": .number(periodStart), "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0, "starting_balance": .number(startingBalance), "status": .text(status.rawValue),
            "status_transitions": [
                "finalized_at": .optional(finalizedAt), "marked_uncollectible_at": .optional(markedUncollectibleAt),
                "paid_at": .optional(paidAt), "voided_at": .optional(voidedAt),
            ],
            "subtotal": .number(subtotal), "subtotal_excluding_tax": .number(subtotal), "total": .number(total),
            "total_discount_amounts": discountTotals, "total_excluding_tax": .number(total),
            "webhooks_delivered_at": .optional(webhooksDeliveredAt),
        ]
    }

    private var modernFacts: JSON {
        [
            "amount_overpaid": 0, "amount_paid_off_stripe": .number(paidOutOfBand ? amountPaid : 0),
            "automatic_tax": ["disabled_reason": nil, "enabled": false, "liability": nil, "provider": nil, "status": nil],
            "parent": [
                "quote_details": nil,
                "subscription_details": ["metadata": .metadata(subscriptionMetadata), "subscription": .text(subscription)],
                "type": "subscription_details",
            ],
            "total_pretax_credit_amounts": .list(discountAmounts.map(\.credit)), "total_taxes": [],
        ]
    }

    private func legacyFacts(_ version: APIVersion, in account: Account) -> JSON {
        [
            "automatic_tax": ["enabled": false, "liability": nil, "status": nil],
            "discount": account.discounts[discountAmounts.first?.discount]?.rendered(version, in: account) ?? .null,
            "charge": .optional(account.paymentIntents[paymentIntent]?.latestCharge), "paid": .flag(status == .paid),
            "paid_out_of_band": .flag(paidOutOfBand), "payment_intent": .optional(paymentIntent), "subscription": .text(subscription),
            "subscription_details": ["metadata": .metadata(subscriptionMetadata)], "total_tax_amounts": [],
        ]
    }

    private func renderedLines(_ version: APIVersion, in account: Account) -> JSON {
        let path = billingReason == "upcoming" ? "upcoming" : id
        return [
            "object": "list", "data": .list(lines.map { $0.rendered(version, of: self, in: account) }), "has_more": false,
            "total_count": .number(lines.count), "url": .text("/v1/invoices/\(path)/lines"),
        ]
    }
}

extension Invoice.DiscountAmount {
    /// What a discount takes off, as lines and totals tell it.
    var json: JSON { ["amount": .number(amount), "discount": .text(discount)] }

    /// The same among all that is taken off before tax.
    var credit: JSON { ["amount": .number(amount), "discount": .text(discount), "type": "discount"] }
}
