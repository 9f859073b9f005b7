extension Account {
    /// Time to respond: nine days, as in the recorded disputes.
    private static let responseSeconds = 9 * 86_400
    /// An inquiry that does not become a chargeback ends after so long (docs "How disputes work").
    private static let inquirySeconds = 120 * 86_400
    /// What Stripe decides at once arrives a moment after what caused it.
    static let momentSeconds = 10
    /// What a chargeback costs beside the money, in minor units; it comes back with it.
    private static let disputeFee = 1500

    /// A customer objects to a charge; unless the bank only inquires, the money is withdrawn at once.
    ///
    /// - Returns: nil, and nothing was done, when there is no money to be had back or the charge was disputed before.
    @discardableResult
    mutating func dispute(charge id: String, _ complaint: Complaint, amount: Int? = nil) -> Dispute? {
        guard let charge = charges[id], charge.succeeded, charge.dispute == nil else { return nil }
        let rest = charge.amount - charge.amountRefunded
        let disputed = min(amount ?? rest, rest)
        guard disputed > 0 else { return nil }
        settleCharges()
        var dispute = Dispute(
            id: Identifier.object("du_"), created: now, amount: disputed, currency: charge.currency, charge: id,
            paymentIntent: charge.paymentIntent, reason: complaint.reason,
            status: complaint.isInquiry ? .warningNeedsResponse : .needsResponse,
            dueBy: complaint.isFinal ? 0 : now + Self.responseSeconds)
        if !complaint.isInquiry { dispute.balanceTransactions = [withdrawal(for: dispute)] }
        charges[id]?.dispute = dispute.id
        disputes.insert(dispute)
        emit("charge.dispute.created", dispute)
        if !complaint.isInquiry { emit("charge.dispute.funds_withdrawn", dispute) }
        if complaint.isFinal { decide(dispute: dispute.id, .lost) }
        if !complaint.isFinal {
            agenda.schedule(.endDispute(dispute.id), at: complaint.isInquiry ? now + Self.inquirySeconds : dispute.dueBy)
        }
        return dispute
    }

    /// Adds evidence, and hands it to the bank where that is asked for.
    mutating func update(dispute id: String, evidence: [String: String], metadata: [String: String], submit: Bool) {
        change(\.disputes, id, event: "charge.dispute.updated") {
            $0.metadata = metadata
            $0.evidence = $0.evidence.merging(evidence) { $1 }.filter { !$0.value.isEmpty }
            guard submit else { return }
            $0.submissionCount += 1
            $0.status = $0.status.isInquiry ? .warningUnderReview : $0.status.isAppeal ? .appealUnderReview : .underReview
        }
        guard submit, let text = disputes[id]?.evidence["uncategorized_text"], let verdict = Self.verdict(on: text) else { return }
        agenda.schedule(.decideDispute(id, verdict), at: now + Self.momentSeconds)
    }

    /// What Stripe's test evidence decides (docs "Testing"); nil leaves the dispute under review.
    private static func verdict(on evidence: String) -> Dispute.Verdict? {
        switch evidence {
        case "winning_evidence": .won
        case "losing_evidence": .lost
        case "escalate_inquiry_evidence": .escalated
        default: nil
        }
    }

    /// The bank decides, or the seller gives in. An inquiry closes without a winner. A verdict can be reversed, either way.
    ///
    /// - Returns: false, and nothing was done, when the dispute cannot go there.
    @discardableResult
    mutating func decide(dispute id: String, _ verdict: Dispute.Verdict) -> Bool {
        guard let dispute = disputes[id] else { return false }
        switch verdict {
        case .escalated: return escalate(dispute)
        case .appealed: return appeal(dispute)
        case .won, .lost: return close(dispute, isWon: verdict == .won)
        }
    }

    private mutating func close(_ old: Dispute, isWon: Bool) -> Bool {
        let isReversal = old.status == (isWon ? .lost : .won)
        guard old.status.isOpen || isReversal else { return false }
        var dispute = old
        dispute.status = old.status.isInquiry ? .warningClosed : isWon ? .won : .lost
        disputes[old.id] = dispute
        // Also for a verdict that is reversed: the status changes to one of a closed dispute (docs "Types of events").
        emit("charge.dispute.closed", dispute)
        if dispute.status == .won {
            let back = reinstatement(for: dispute)
            change(\.disputes, old.id, event: "charge.dispute.funds_reinstated") { $0.balanceTransactions.append(back) }
        } else if isReversal {
            let again = withdrawal(for: dispute)
            change(\.disputes, old.id, event: "charge.dispute.funds_withdrawn") { $0.balanceTransactions.append(again) }
        }
        return true
    }

    private func reinstatement(for dispute: Dispute) -> BalanceTransaction {
        BalanceTransaction(
            id: Identifier.object("txn_"), created: now, kind: .disputeReversal, amount: dispute.amount, fee: -Self.disputeFee,
            currency: dispute.currency, source: dispute.id, description: "Chargeback reversal for \(dispute.charge)")
    }

    /// The seller does not take the loss; the money stays where it is meanwhile.
    private mutating func appeal(_ dispute: Dispute) -> Bool {
        guard dispute.status == .lost else { return false }
        let dueBy = now + Self.responseSeconds
        change(\.disputes, dispute.id, event: "charge.dispute.updated") {
            $0.status = .appealNeedsResponse
            $0.dueBy = dueBy
        }
        agenda.schedule(.endDispute(dispute.id), at: dueBy)
        return true
    }

    private mutating func escalate(_ dispute: Dispute) -> Bool {
        guard dispute.status.isInquiry else { return false }
        let transaction = withdrawal(for: dispute)
        let dueBy = now + Self.responseSeconds
        change(\.disputes, dispute.id, event: "charge.dispute.updated") {
            $0.status = .needsResponse
            $0.dueBy = dueBy
            $0.balanceTransactions.append(transaction)
        }
        if let escalated = disputes[dispute.id] { emit("charge.dispute.funds_withdrawn", escalated) }
        agenda.schedule(.endDispute(dispute.id), at: dueBy)
        return true
    }

    private func withdrawal(for dispute: Dispute) -> BalanceTransaction {
        BalanceTransaction(
            id: Identifier.object("txn_"), created: now, kind: .dispute, amount: -dispute.amount, fee: Self.disputeFee,
            currency: dispute.currency, source: dispute.id, description: "Chargeback withdrawal for \(dispute.charge)")
    }

    /// The time to respond is over: a chargeback without an answer is lost. An inquiry closes in its own time.
    mutating func end(dispute id: String) {
        guard let dispute = disputes[id] else { return }
        let isOver = dispute.status.isInquiry ? now >= dispute.created + Self.inquirySeconds : dispute.status.awaitsResponse
        if isOver && now >= dispute.dueBy { decide(dispute: id, .lost) }
    }
}
