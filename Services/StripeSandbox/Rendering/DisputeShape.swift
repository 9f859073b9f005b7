extension Dispute: Resource {
    static let noun = "dispute"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var dispute: JSON = [
            "amount": .number(amount), "balance_transactions": .list(balanceTransactions.map { $0.rendered(version) }),
            "charge": .text(charge), "created": .number(created), "currency": .text(currency), "evidence": renderedEvidence(version),
            "evidence_details": details(version, now: account.now),
            "is_charge_refundable": .flag(status.isInquiry && account.charges[charge]?.refunded == false), "livemode": false,
            "metadata": .metadata(metadata), "payment_intent": .text(paymentIntent), "reason": .text(reason),
            "status": .text(shownStatus(version).rawValue),
        ]
        if !version.isLegacy { dispute["enhanced_eligibility_types"] = [] }
        if let card = account.charges[charge]?.instrument.testCard { dispute["payment_method_details"] = renderedCard(card) }
        return .resource(id: id, object: "dispute", dispute)
    }

    /// How a version calls it that does not know appeals.
    private func shownStatus(_ version: APIVersion) -> Status {
        guard status.isAppeal, !version.hasAppeals else { return status }
        return status == .appealUnderReview ? .underReview : .needsResponse
    }

    private func renderedEvidence(_ version: APIVersion) -> JSON {
        var members = Self.evidenceFields.map { JSON.Member(name: $0, value: .optional(evidence[$0])) }
        if !version.isLegacy { members.append(JSON.Member(name: "enhanced_evidence", value: [:])) }
        return .object(members.sorted { $0.name < $1.name })
    }

    private func details(_ version: APIVersion, now: Int) -> JSON {
        var details: JSON = [
            "due_by": .number(dueBy), "has_evidence": .flag(!evidence.isEmpty), "past_due": .flag(status.awaitsResponse && now >= dueBy),
            "submission_count": .number(submissionCount),
        ]
        if !version.isLegacy { details["enhanced_eligibility"] = [:] }
        return details
    }

    private func renderedCard(_ card: TestCard) -> JSON {
        // Visa's code for fraud without the card being present, and its code for goods that did not arrive.
        let codes = ["fraudulent": "10.4", "product_not_received": "13.1"]
        return [
            "card": [
                "brand": .text(card.brand), "case_type": status.isInquiry || status == .warningClosed ? "inquiry" : "chargeback",
                "network_reason_code": .optional(codes[reason]),
            ], "type": "card",
        ]
    }
}
