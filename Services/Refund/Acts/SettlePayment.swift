import Messages
import Messaging
import Models

/// Counts anew what is given back of a payment, and tells the others of the refunds that have changed.
struct SettlePayment: Sendable {
    let work: UnitOfWork
    let alerts: Alerts

    static let excess = Alert(
        "refunds_exceed_payment", remedy: "Look at the payment's refunds at Stripe: some were made there beside those approved here.")

    /// The caller has locked the payment. `changed` are refunds of it of which the others have not heard as they are; `version` is one that theirs
    /// must exceed.
    func callAsFunction(_ payment: PaymentID, telling changed: [RefundRow], beyond version: Int64 = 0) async throws {
        guard let count = try await RefundablePayments.count(payment, beyond: version, in: work) else { return }
        for refund in changed where refund.stripeID != nil { try work.publish(message(of: refund, count)) }
        try await tell(of: count.payment)
    }

    /// What Stripe lets nobody do, so that something is wrong here, or with the amount of the payment.
    func tell(of payment: RefundablePayment) async throws {
        if payment.excess > 0 {
            try await alerts.raise(
                Self.excess, about: payment.id.rawValue,
                "Refunds come to \(payment.reserved + payment.elsewhere) of \(payment.amount) \(payment.currency) captured.", in: work)
        } else {
            try await alerts.clear(Self.excess, about: payment.id.rawValue, in: work)
        }
    }

    private func message(of refund: RefundRow, _ count: RefundablePayments.Count) -> RefundChanged {
        RefundChanged(
            refundID: refund.id, version: count.payment.refundsVersion, paymentID: count.payment.id,
            userID: refund.userID ?? count.payment.userID, stripeRefundID: refund.stripeID, refundRequestID: refund.requestID,
            amount: refund.amount, currency: refund.currency, status: refund.status, reason: refund.reason,
            refundedAt: refund.refundedAt, paymentAmountRefunded: count.amountRefunded)
    }
}
