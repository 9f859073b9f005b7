import Foundation
import Messages
import Messaging
import Models
import Postgres

/// Payments as checkout says they are. Their refunds and disputes may have been heard of before them, before anybody knew whose they are, or while
/// one was still another payment that has been merged since: they are given to the payment that it is.
struct RecordPayments: Sendable {
    let work: UnitOfWork
    let alerts: Alerts
    /// Stripe's time.
    let now: Date

    /// Of each payment one version.
    func callAsFunction(_ heard: [Heard<PaymentRecorded>]) async throws {
        try await RefundablePayments.lock(heard.map(\.message.collectedBy), in: work)
        let recorded = try await RefundablePayments.record(heard, in: work)
        let news = heard.map(\.message).filter { recorded[$0.paymentID] != nil }
        let givenBack = try await RefundablePayments.givenBack(news.map(\.collectedBy).filter { $0 != CollectedBy() }, in: work)
        for payment in news {
            let refunds = recorded[payment.paymentID].map { $0.reserved + $0.elsewhere } ?? 0
            if refunds > 0 || givenBack.contains(payment.collectedBy) { try await adopt(payment.collectedBy) }
            if let survivor = payment.mergedInto { try await move(from: payment.paymentID, to: survivor) }
        }
    }

    /// Gives the payment that was collected so what is heard of its refunds and disputes.
    private func adopt(_ names: CollectedBy) async throws {
        guard names != CollectedBy(), let owner = try await RefundablePayments.find(names, in: work) else { return }
        if owner.reserved + owner.elsewhere > 0 { try await SettlePayment(work: work, alerts: alerts).tell(of: owner) }
        try await adoptRefunds(names, owner)
        try await adoptDisputes(names, owner)
    }

    /// What names the payment's intent or charge is of the payment.
    private func adoptRefunds(_ names: CollectedBy, _ owner: RefundablePayment) async throws {
        let rows = try await work.query(
            Refunds.trail.change(
                "payment.found", of: "stripe_payment_intent_id = \(names.intent) OR stripe_charge_id = \(names.charge)",
                by: adoption(of: Refunds.table, names, owner), calling: "child",
                returning: "changed.*, (SELECT known.payment_id FROM known WHERE known.id = changed.id) AS former_payment_id"))
        guard !rows.isEmpty else { return }
        let former = Set(try rows.compactMap { try $0.get("former_payment_id", as: PaymentID?.self) }).subtracting([owner.id])
        try await settle(try rows.map(RefundRow.init(row:)), of: owner.id, formerlyOf: former)
    }

    private func adoptDisputes(_ names: CollectedBy, _ owner: RefundablePayment) async throws {
        let rows = try await work.query(
            Disputes.trail.change(
                "payment.found", of: "stripe_payment_intent_id = \(names.intent) OR stripe_charge_id = \(names.charge)",
                by: adoption(of: Disputes.table, names, owner, ", version = child.version + 1"), calling: "child"))
        for row in rows { try await tell(of: try DisputeRow(row: row)) }
    }

    private func adoption(of table: String, _ names: CollectedBy, _ owner: RefundablePayment, _ further: Query = "") -> Query {
        """
        UPDATE \(unsafe: table) AS child
        SET payment_id = \(owner.id), user_id = coalesce(\(owner.userID), child.user_id), updated_at = now()\(query: further)
        WHERE (child.stripe_payment_intent_id = \(names.intent)
               OR (child.stripe_payment_intent_id IS NULL AND child.stripe_charge_id = \(names.charge)))
          AND (child.payment_id IS DISTINCT FROM \(owner.id)
               OR child.user_id IS DISTINCT FROM coalesce(\(owner.userID), child.user_id))
        """
    }

    /// Whatever belonged to a payment that turned out to be another is the other's, also where it names nothing that the other is known by.
    private func move(from gone: PaymentID, to survivor: PaymentID) async throws {
        guard let owner = try await RefundablePayments.find(survivor, in: work) else { return }
        let refunds = try await work.query(
            Refunds.trail.change(
                "payment.merged", of: "payment_id = \(gone)",
                by: "UPDATE refunds SET payment_id = \(owner.id), updated_at = now() WHERE payment_id = \(gone)"))
        if !refunds.isEmpty { try await settle(try refunds.map(RefundRow.init(row:)), of: owner.id, formerlyOf: [gone]) }
        let disputes = try await work.query(
            Disputes.trail.change(
                "payment.merged", of: "payment_id = \(gone)",
                by: """
                    UPDATE payment_disputes SET payment_id = \(owner.id), version = version + 1, updated_at = now() WHERE payment_id = \(gone)
                    """))
        for row in disputes { try await tell(of: try DisputeRow(row: row)) }
        try await RefundRequests.move(from: gone, to: owner.id, in: work)
    }

    private func settle(_ refunds: [RefundRow], of owner: PaymentID, formerlyOf former: Set<PaymentID>) async throws {
        let settle = SettlePayment(work: work, alerts: alerts)
        var version: Int64 = 0
        for id in former.sorted(by: { $0.rawValue < $1.rawValue }) {
            version = max(version, try await RefundablePayments.count(id, in: work)?.payment.refundsVersion ?? 0)
        }
        try await settle(owner, telling: refunds, beyond: version)
    }

    private func tell(of row: DisputeRow) async throws {
        try await ApplyDispute(work: work, alerts: alerts, now: now).tell(of: row)
    }
}

extension PaymentRecorded {
    fileprivate var collectedBy: CollectedBy { CollectedBy(intent: stripePaymentIntentID, charge: stripeChargeID) }
}
