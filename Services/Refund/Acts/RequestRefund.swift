import Foundation
import Messaging
import Models
import Postgres

/// A customer asks for a refund: kept for an admin to decide, and nothing else happens.
struct RequestRefund: Sendable {
    let outbox: Outbox
    let windowDays: Int
    let now: @Sendable () -> Date

    /// What the customer asks for.
    struct Order: Sendable {
        var user: UserID
        var payment: PaymentID
        /// Minor units; nil for all that is left.
        var amount: Int64?
        var reason: String
    }

    /// Throws `RefundRefusal`. The payment is locked meanwhile, so that of many requests at once one is kept.
    func callAsFunction(_ order: Order) async throws -> RequestRow {
        guard windowDays > 0 else { throw RefundRefusal.windowOver(days: 0) }
        let id = RefundRequestID(UUID().uuidString.lowercased())
        return try await outbox.transaction { work in
            // Committed by a try whose answer was lost.
            if let made = try await RefundRequests.find(id, in: work) { return made }
            guard let payment = try await RefundablePayments.find(order.payment, in: work), payment.userID == order.user else {
                throw RefundRefusal.unknownPayment
            }
            guard try await !RefundRequests.isOpen(about: payment.id, in: work) else { throw RefundRefusal.alreadyRequested }
            try payment.check(order.amount, isDisputed: try await Disputes.holdMoney(of: payment.id, in: work))
            guard payment.paidAt.addingTimeInterval(TimeInterval(windowDays) * 86_400) > now() else {
                throw RefundRefusal.windowOver(days: windowDays)
            }
            return try await RefundRequests.make(
                id, of: payment, by: order.user, amount: order.amount ?? payment.rest, reason: order.reason, in: work)
        }
    }
}
