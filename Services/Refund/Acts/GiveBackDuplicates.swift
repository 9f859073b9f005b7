import Foundation
import Messages
import Messaging
import Models
import Postgres

/// Reserves what was paid for a subscription that ran beside another, to be given back without anybody asking; each payment once.
///
/// The payment and the word that the subscription is one of these come in any order, so both handlers call this.
struct GiveBackDuplicates: Sendable {
    let work: UnitOfWork
    let alerts: Alerts
    /// By Stripe's clock.
    let now: Date

    /// Money of such a subscription cannot be given back as things are; an admin has to look.
    static let stuck = Alert(
        "duplicate_not_refunded", remedy: "Give the payment back by hand (POST /admin/process-refund).")

    /// The caller knows that the subscription is one of these, and has recorded what it was told, under the subscription's lock.
    func callAsFunction(_ subscription: SubscriptionID) async throws {
        for id in try await RefundablePayments.collected(for: subscription, in: work) {
            guard let payment = try await RefundablePayments.find(id, in: work) else { continue }
            let askedAs = "duplicate \(payment.id)"
            guard try await Refunds.find(askedAs: askedAs, in: work) == nil else { continue }
            do {
                try payment.check(nil, isDisputed: try await Disputes.holdMoney(of: payment.id, in: work))
            } catch RefundRefusal.alreadyRefunded {
                continue
            } catch {
                try await alerts.raise(
                    Self.stuck, about: payment.id.rawValue, "It was paid for a subscription beside another, and \(error).", in: work)
                continue
            }
            _ = try await Refunds.reserve(
                Refunds.Decision(
                    id: OwnRefundID(UUID().uuidString.lowercased()), payment: payment, amount: payment.rest, reason: "duplicate",
                    adminReason: "paid for a subscription beside another", askedAs: askedAs, decidedAt: now), in: work)
            try await SettlePayment(work: work, alerts: alerts)(payment.id, telling: [])
        }
    }
}
