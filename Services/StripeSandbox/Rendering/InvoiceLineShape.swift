extension Invoice.Line {
    /// The line as an element of an invoice's `lines`.
    func rendered(_ version: APIVersion, of invoice: Invoice, in account: Account) -> JSON {
        let price = account.prices[price]
        var line = JSON.resource(
            id: id, object: "line_item",
            [
                "amount": .number(amount), "currency": .text(invoice.currency), "description": .text(description),
                "discount_amounts": .list(discounts.map(\.json)),
                "discountable": .flag(!isProration),
                "discounts": .list(discounts.map { JSON.text($0.discount) }), "invoice": .text(invoice.id), "livemode": false,
                "metadata": .metadata(invoice.subscriptionMetadata),
                "period": ["end": .number(periodEnd), "start": .number(periodStart)], "quantity": .number(quantity),
            ])
        let shaped = version.isLegacy ? legacyFacts(version, of: invoice, price, in: account) : modernFacts(of: invoice, price)
        for member in shaped.members { line[member.name] = member.value }
        return line
    }

    private func modernFacts(of invoice: Invoice, _ price: Price?) -> JSON {
        [
            "parent": [
                "invoice_item_details": nil,
                "subscription_item_details": [
                    "invoice_item": .optional(invoiceItem), "proration": .flag(isProration),
                    "proration_details": ["credited_items": creditedItems], "subscription": .text(invoice.subscription),
                    "subscription_item": .text(subscriptionItem),
                ],
                "type": "subscription_item_details",
            ],
            "pretax_credit_amounts": .list(discounts.map(\.credit)),
            "pricing": [
                "price_details": ["price": .text(self.price), "product": .text(price?.product ?? "")], "type": "price_details",
                "unit_amount_decimal": .text(String(price?.unitAmount ?? 0)),
            ],
            "subscription": .text(invoice.subscription), "subtotal": .number(amount), "taxes": [],
        ]
    }

    private func legacyFacts(_ version: APIVersion, of invoice: Invoice, _ price: Price?, in account: Account) -> JSON {
        let facts: JSON = [
            "amount_excluding_tax": .number(net), "plan": price?.renderedPlan(version) ?? .null,
            "price": price?.rendered(version, in: account) ?? .null, "proration": .flag(isProration),
            "proration_details": ["credited_items": creditedItems], "subscription": .text(invoice.subscription),
            "subscription_item": .text(subscriptionItem), "tax_amounts": [], "tax_rates": [],
            "type": isProration ? "invoiceitem" : "subscription", "unit_amount_excluding_tax": .text(String(price?.unitAmount ?? 0)),
        ]
        // Only a line that an invoice item made names one.
        return invoiceItem.map { item -> JSON in facts.adding(["invoice_item": .text(item)]) } ?? facts
    }

    private var creditedItems: JSON {
        credits.map { credit -> JSON in ["invoice": .text(credit.invoice), "invoice_line_items": [.text(credit.line)]] } ?? .null
    }
}
