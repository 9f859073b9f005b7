extension PaymentMethod: Resource {
    static let noun = "PaymentMethod"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var method: JSON = [
            "allow_redisplay": "limited", "billing_details": billing.rendered(version), "created": .number(created),
            "customer": .optional(customer), "livemode": false, "metadata": .metadata(metadata), "type": .text(instrument.type),
        ]
        switch instrument {
        case .card(let card): method["card"] = Self.rendered(card, version)
        case .bankAccount(let account): method[account.type] = Self.rendered(account)
        case .wallet(let wallet): method[wallet.type] = wallet.rendered(email: billing.email)
        }
        return .resource(id: id, object: "payment_method", method, nulls: version.isLegacy ? [] : ["customer_account"])
    }

    private static func rendered(_ account: TestBankAccount) -> JSON {
        if account.isAmerican {
            let networks: JSON = ["preferred": "ach", "supported": ["ach"]]
            return account.renderedAmerican.adding(["financial_connections_account": nil, "networks": networks, "status_details": nil])
        }
        return [
            "bank_code": .text(account.bankCode), "branch_code": "", "country": .text(account.country),
            "fingerprint": .text(account.fingerprint), "generated_from": ["charge": nil, "setup_attempt": nil],
            "last4": .text(account.last4),
        ]
    }

    private static func rendered(_ card: TestCard, _ version: APIVersion) -> JSON {
        let details: JSON = [
            "brand": .text(card.brand), "checks": card.renderedChecks(isEntered: true),
            "country": "US", "display_brand": .text(card.brand), "exp_month": .number(TestCard.expiry.month),
            "exp_year": .number(TestCard.expiry.year), "fingerprint": .text(card.fingerprint), "funding": .text(card.funding),
            "generated_from": nil,
            "last4": .text(card.last4), "networks": ["available": [.text(card.brand)], "preferred": nil],
            "three_d_secure_usage": ["supported": true], "wallet": card.renderedWallet,
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

extension TestBankAccount {
    /// An account in the United States as payment methods and charges have it.
    var renderedAmerican: JSON {
        [
            "account_holder_type": "individual", "account_type": "checking", "bank_name": "STRIPE TEST BANK",
            "fingerprint": .text(fingerprint), "last4": .text(last4), "routing_number": .text(Self.routingNumber),
        ]
    }
}

extension TestCard {
    /// What the bank says of what was entered.
    func renderedChecks(isEntered: Bool) -> JSON {
        func said(_ name: String, _ usual: String?) -> JSON { .optional(isEntered ? checks[name] ?? usual : nil) }
        return [
            "address_line1_check": said("address_line1_check", nil), "address_postal_code_check": said("address_postal_code_check", "pass"),
            "cvc_check": said("cvc_check", "pass"),
        ]
    }

    /// What holds the card; null for the card itself.
    var renderedWallet: JSON {
        guard let wallet else { return .null }
        return [wallet: [:], "dynamic_last4": .text(last4), "type": .text(wallet)]
    }
}

extension TestWallet {
    /// The wallet as a payment method has it.
    func rendered(email: String?) -> JSON {
        switch type {
        case "link": ["email": .optional(email)]
        case "cashapp": ["buyer_id": nil, "cashtag": nil]
        default: [:]
        }
    }

    /// The wallet as a charge has it.
    func renderedPayment(token: String) -> JSON {
        switch type {
        case "link": ["country": "US"]
        case "cashapp": ["buyer_id": nil, "cashtag": nil, "transaction_id": .text(String(token.prefix(12)))]
        default: ["funding": ["type": nil], "transaction_id": .text(String(token.prefix(12)))]
        }
    }
}
