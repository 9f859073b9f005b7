extension Account {
    /// When the bank's number for a refund is known.
    private static let referenceSeconds = 2 * 86_400
    /// When a refund that does not succeed at once, or not for good, is decided.
    private static let decisionSeconds = 5 * 86_400

    /// Gives money back, as refunds to the card go. What is pending counts as given back.
    ///
    /// - Throws: `APIError` 400 when there is less to give back.
    mutating func refund(charge id: String, amount: Int?, reason: String?, metadata: [String: String]) throws(APIError) -> Refund {
        let charge = try charges.named(id, param: "charge")
        let rest = try refundable(charge)
        guard amount ?? rest <= rest else {
            throw .invalidRequest(
                "Refund amount (\(amount ?? rest)) is greater than unrefunded amount on charge (\(rest))", code: "amount_too_large",
                param: "amount")
        }
        settleCharges()
        let refund = Refund(
            id: Identifier.object("re_"), created: now, amount: amount ?? rest, currency: charge.currency, charge: id,
            paymentIntent: charge.paymentIntent, reason: reason, metadata: metadata, balanceTransaction: Identifier.object("txn_"),
            status: charge.refundCourse == .succeedsLater ? .pending : .succeeded)
        refunds.insert(refund)
        emit("refund.created", refund)
        change(\.charges, id, event: "charge.refunded") { $0.amountRefunded += refund.amount }
        switch charge.refundCourse {
        case .immediate: agenda.schedule(.referToRefund(refund.id), at: now + Self.referenceSeconds)
        case .succeedsLater: agenda.schedule(.moveRefund(refund.id, .succeeded, nil), at: now + Self.decisionSeconds)
        case .failsLater:
            agenda.schedule(.moveRefund(refund.id, .failed, "expired_or_canceled_card"), at: now + Self.decisionSeconds)
        }
        // Who has the money back has nothing left to ask for.
        if charges[id]?.refunded == true, let dispute = disputes[charge.dispute], dispute.status.isInquiry {
            decide(dispute: dispute.id, .lost)
        }
        return refund
    }

    private func refundable(_ charge: Charge) throws(APIError) -> Int {
        guard charge.succeeded else {
            throw .invalidRequest("This charge has not succeeded and cannot be refunded.", code: "charge_not_refundable", param: "charge")
        }
        let rest = charge.amount - charge.amountRefunded
        if let dispute = disputes[charge.dispute], !dispute.status.isInquiry, ![.won, .warningClosed].contains(dispute.status) {
            throw .invalidRequest(
                "The charge \(charge.id) has been charged back; cannot issue a refund.", code: "charge_disputed", param: "charge")
        }
        guard rest > 0 else { throw .invalidRequest("Charge \(charge.id) has already been refunded.", code: "charge_already_refunded") }
        return rest
    }

    /// Moves a refund on: it comes through, waits for the customer, fails or is called off.
    ///
    /// What does not arrive is the seller's again: the charge counts it as not given back, of which Stripe tells nothing.
    ///
    /// - Returns: false when the refund cannot go on like this, and nothing was done.
    @discardableResult
    mutating func move(refund id: String, to status: Refund.Status, because reason: String? = nil) -> Bool {
        guard let refund = refunds[id], refund.status.mayBecome(status) else { return false }
        let now = now
        let isLost = status == .failed || status == .canceled
        if isLost { charges[refund.charge]?.amountRefunded -= refund.amount }
        change(refund: id) {
            $0.status = status
            guard isLost else { return }
            $0.failureReason = reason ?? (status == .canceled ? "merchant_request" : "unknown")
            $0.failureBalanceTransaction = Identifier.object("txn_")
            $0.failedAt = now
        }
        return true
    }

    /// Changes a refund and tells of it in both of Stripe's ways, the refund's own and the charge's.
    mutating func change(refund id: String, _ edit: (inout Refund) -> Void) {
        guard let old = refunds[id] else { return }
        var refund = old
        edit(&refund)
        refunds[id] = refund
        let before = old.rendered(settings.eventVersion, in: self)
        let after = refund.rendered(settings.eventVersion, in: self)
        guard before != after else { return }
        let previous = JSON.previousAttributes(before: before, after: after)
        emit("refund.updated", after, previous: previous)
        if refund.status == .failed && old.status != .failed { emit("refund.failed", after) }
        emit("charge.refund.updated", after, previous: previous)
    }

    /// The bank's number for a refund has become known.
    mutating func refer(toRefund id: String) {
        guard refunds[id]?.status == .succeeded else { return }
        let reference = Identifier.digits(24)
        change(refund: id) { $0.reference = reference }
    }
}
