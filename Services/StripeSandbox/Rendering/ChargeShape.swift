extension Charge: Resource {
    static let noun = "charge"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        let older: JSON = version.isLegacy ? ["dispute": .optional(dispute), "invoice": .optional(invoice)] : [:]
        return .resource(
            id: id, object: "charge", facts(version).adding(older),
            nulls: [
                "application", "application_fee", "application_fee_amount", "failure_balance_transaction", "on_behalf_of",
                "receipt_email", "receipt_number", "review", "shipping", "source_transfer", "statement_descriptor",
                "statement_descriptor_suffix", "transfer_data", "transfer_group",
            ] + (version.isLegacy ? ["destination", "order", "source"] : []))
    }

    private func facts(_ version: APIVersion) -> JSON {
        [
            "amount": .number(amount), "amount_captured": .number(isCaptured ? amount : 0), "amount_refunded": .number(amountRefunded),
            "balance_transaction": .optional(balanceTransaction), "billing_details": billing.rendered(version),
            "calculated_statement_descriptor": "SANDBOX", "captured": .flag(isCaptured), "created": .number(created),
            "currency": .text(currency), "customer": .optional(customer), "description": .optional(description),
            "disputed": .flag(dispute != nil), "failure_code": .optional(failure?.code), "failure_message": .optional(failure?.message),
            "fraud_details": [:], "livemode": false, "metadata": .metadata(metadata), "outcome": outcome(version), "paid": .flag(succeeded),
            "payment_intent": .text(paymentIntent), "payment_method": .text(paymentMethod),
            "payment_method_details": details(version), "radar_options": [:], "receipt_url": isCaptured ? .text(receiptURL) : .null,
            "refunded": .flag(refunded), "status": isPending ? "pending" : succeeded ? "succeeded" : "failed",
        ]
    }

    /// A debit counts as captured whatever the bank says later.
    private var isCaptured: Bool { succeeded || instrument.testAccount != nil }

    private func details(_ version: APIVersion) -> JSON {
        switch instrument {
        case .card(let card): return ["card": renderedCard(card, version), "type": "card"]
        case .bankAccount(let account):
            if account.isAmerican {
                let mandate = JSON.text("mandate_\(paymentMethod.dropFirst(3))")
                let details = account.renderedAmerican.adding(["mandate": mandate, "payment_reference": nil])
                return ["us_bank_account": details, "type": "us_bank_account"]
            }
            return [
                "sepa_debit": [
                    "bank_code": .text(account.bankCode), "branch_code": "", "country": .text(account.country),
                    "fingerprint": .text(account.fingerprint), "last4": .text(account.last4),
                    "mandate": .text("mandate_\(paymentMethod.dropFirst(3))"),
                ], "type": "sepa_debit",
            ]
        case .wallet(let wallet): return [wallet.type: wallet.renderedPayment(token: receiptToken), "type": .text(wallet.type)]
        }
    }

    /// Stripe gives the receipt its final address when the charge settles.
    private var receiptURL: String {
        "https://pay.stripe.com/receipts/\(receiptKind)/\(receiptToken)" + (balanceTransaction == nil ? "" : "?s=ap")
    }

    private func outcome(_ version: APIVersion) -> JSON {
        let refusal = isCaptured ? nil : failure
        let reason = refusal?.declineCode ?? refusal?.code
        var outcome: JSON = [
            "network_status": refusal == nil ? "approved_by_network" : "declined_by_network", "reason": .optional(reason),
            "risk_level": "normal", "risk_score": refusal == nil ? 12 : 30, "seller_message": .text(sellerMessage(reason)),
            "type": refusal == nil ? "authorized" : "issuer_declined",
        ]
        if !version.isLegacy {
            outcome["advice_code"] = .optional(refusal?.advice)
            outcome["network_advice_code"] = .null
            outcome["network_decline_code"] = .optional(refusal?.networkCode)
        }
        return outcome
    }

    private func sellerMessage(_ reason: String?) -> String {
        if let reason { return "The bank returned the decline code `\(reason)`." }
        return succeeded ? "Payment complete." : "Payment pending."
    }

    private func renderedCard(_ card: TestCard, _ version: APIVersion) -> JSON {
        let details: JSON = [
            "amount_authorized": succeeded ? .number(amount) : .null, "authorization_code": succeeded ? "123456" : .null,
            "brand": .text(card.brand),
            "checks": card.renderedChecks(isEntered: succeeded),
            "country": "US", "exp_month": .number(TestCard.expiry.month), "exp_year": .number(TestCard.expiry.year),
            "extended_authorization": ["status": "disabled"], "fingerprint": .text(card.fingerprint), "funding": .text(card.funding),
            "incremental_authorization": ["status": "unavailable"], "installments": nil, "last4": .text(card.last4), "mandate": nil,
            "multicapture": ["status": "unavailable"], "network": .text(card.brand), "network_token": ["used": false],
            "overcapture": ["maximum_amount_capturable": .number(amount), "status": "unavailable"], "three_d_secure": nil,
            "wallet": card.renderedWallet,
        ]
        return version.isLegacy
            ? details
            : details.adding(["network_transaction_id": .text(String(receiptToken.prefix(15))), "regulated_status": "unregulated"])
    }
}
