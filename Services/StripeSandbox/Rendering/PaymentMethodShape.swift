extension PaymentMethod: Resource {
    static let noun = "PaymentMethod"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var method: JSON = [
            "allow_redisplay": "limited", "billing_details": billing.rendered(version), "created": .number(created),
            "customer": .optional(customer), "livemode": false, "metadata": .metadata(metadata), "type": .text(instrument.type),
        ]
        switch instrument {
        case .card(let card): method["card"] = Self.rendered(card, version)
        case .bankAccount(let account): method["sepa_debit"] = Self.rendered(account)
        }
        return .resource(id: id, object: "payment_method", method, nulls: version.isLegacy ? [] : ["customer_account"])
    }

    private static func rendered(_ account: TestBankAccount) -> JSON {
        [
            "bank_code": .text(account.bankCode), "branch_code": "", "country": .text(account.country),
            "fingerprint": .text(account.fingerprint), "generated_from": ["charge": nil, "setup_attempt": nil],
            "last4": .text(account.last4),
        ]
    }

    private static func rendered(_ card: TestCard, _ version: APIVersion) -> JSON {
        let details: JSON = [
            "brand": .text(card.brand), "checks": ["address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"],
            "country": "US", "display_brand": .text(card.brand), "exp_month": .number(TestCard.expiry.month),
            "exp_year": .number(TestCard.expiry.year), "fingerprint": .text(card.fingerprint), "funding": "credit", "generated_from": nil,
            "last4": .text(card.last4), "networks": ["available": [.text(card.brand)], "preferred": nil],
            "three_d_secure_usage": ["supported": true], "wallet": nil,
        ]
        return version.isLegacy ? details : details.adding(["regulated_status": "unregulated"])
    }
}

extension BillingDetails {
    /// The address as Stripe nests it.
    var address: JSON {
        ["city": nil, "country": .optional(country), "line1": nil, "line2": nil, "postal_code": .optional(postalCode), "state": nil]
    }

    /// The `billing_details` of a payment method or a charge.
    func rendered(_ version: APIVersion) -> JSON {
        var details: JSON = ["address": address, "email": .optional(email), "name": .optional(name), "phone": nil]
        if !version.isLegacy { details["tax_id"] = .null }
        return details
    }
}
