import Messaging
import Models
import Postgres
import ServiceKit
import StripeSync

/// A refund as Stripe says it is, brought into the tables with all that follows from it: the one path for events, for Stripe's answers, and for
/// what a pass over its list finds.
struct ApplyRefund: Sendable {
    let work: UnitOfWork
    let alerts: Alerts

    /// A refund of ours that its bank has sent back.
    static let failed = Alert(
        "refund_failed", remedy: "Pay the customer in another way, or refund again once the reason has gone.")

    @discardableResult
    func callAsFunction(_ refund: RefundFacts, from source: SnapshotSource) async throws -> RefundRow {
        let names = CollectedBy(intent: refund.paymentIntentID, charge: refund.chargeID)
        try await RefundablePayments.lock([names], in: work)
        var payment = try await RefundablePayments.find(names, in: work)
        let before = try await known(refund)
        // Ours have a payment from the beginning, whatever names it has been given since.
        if payment == nil, let id = before?.paymentID { payment = try await RefundablePayments.find(id, in: work) }
        let row = try await Refunds.store(refund, as: before?.key == nil ? nil : before?.id, of: payment, from: source, in: work)
        guard row.differs(from: before), let payment else { return row }
        try await SettlePayment(work: work, alerts: alerts)(payment.id, telling: [row])
        try await RefundRequests.follow(row, in: work)
        if row.key == nil, before == nil { try await Refunds.hurry(payment.id, in: work) }
        try await tell(of: row, payment)
        return row
    }

    /// The row that is this refund's: by Stripe's name, else by ours. What was given up as not made has given its reservation back, and somebody
    /// else may have that: made after all, it counts like one that was made elsewhere, and an excess is told.
    private func known(_ refund: RefundFacts) async throws -> RefundRow? {
        if let row = try await Refunds.find(refund.id, in: work) { return row }
        guard let name = refund.ownID, let own = try await Refunds.find(name, in: work), own.isSame(as: refund), !own.hasFailed
        else { return nil }
        return own
    }

    private func tell(of row: RefundRow, _ payment: RefundablePayment) async throws {
        guard row.key != nil else { return }
        try await alerts.clear(IssueRefund.undecided, about: row.id.rawValue, in: work)
        guard row.hasFailed else { return }
        try await alerts.raise(
            Self.failed, about: row.id.rawValue,
            "\(row.amount) \(row.currency) of payment \(payment.id) did not arrive (\(row.failureReason ?? row.status)); the customer has to be paid another way.",
            in: work)
    }
}
