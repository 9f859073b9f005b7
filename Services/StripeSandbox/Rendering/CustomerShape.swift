extension Customer: Resource {
    static let noun = "customer"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        if deleted { return ["id": .text(id), "object": "customer", "deleted": true] }
        return .resource(
            id: id, object: "customer",
            [
                "balance": .number(balance), "created": .number(created), "currency": .optional(currency), "delinquent": .flag(delinquent),
                "description": .optional(description), "email": .optional(email), "invoice_prefix": .text(invoicePrefix),
                "invoice_settings": [
                    "custom_fields": nil, "default_payment_method": .optional(defaultPaymentMethod), "footer": nil,
                    "rendering_options": nil,
                ],
                "livemode": false, "metadata": .metadata(metadata), "name": .optional(name),
                "next_invoice_sequence": .number(nextInvoiceSequence), "phone": .optional(phone), "preferred_locales": [],
                "tax_exempt": "none", "test_clock": .optional(testClock),
            ],
            nulls: ["address", "default_source", "discount", "shipping"] + (version.isLegacy ? [] : ["customer_account"]))
    }
}
