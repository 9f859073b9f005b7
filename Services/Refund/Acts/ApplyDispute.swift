import Foundation
import Messages
import Messaging
import Models
import Postgres
import ServiceKit
import StripeSync

/// A dispute as Stripe says it is, brought into the tables with all that follows from it.
struct ApplyDispute: Sendable {
    let work: UnitOfWork
    let alerts: Alerts
    /// Stripe's time.
    let now: Date

    @discardableResult
    func callAsFunction(_ dispute: DisputeFacts, from source: SnapshotSource) async throws -> DisputeRow {
        let names = CollectedBy(intent: dispute.paymentIntentID, charge: dispute.chargeID)
        try await RefundablePayments.lock([names], in: work)
        let payment = try await RefundablePayments.find(names, in: work)
        let before = try await Disputes.find(dispute.id, in: work)
        let row = try await Disputes.store(dispute, of: payment, from: source, in: work)
        if row.differs(from: before) { try await tell(of: row) }
        return row
    }

    /// Tells the others of a dispute about a payment of ours, and an operator of what it asks for.
    func tell(of row: DisputeRow) async throws {
        guard let payment = row.paymentID else { return }
        let dispute = row.facts
        try work.publish(
            DisputeChanged(
                stripeDisputeID: dispute.id, version: row.version, paymentID: payment, userID: row.userID, amount: dispute.amount,
                currency: dispute.currency, reason: dispute.reason, status: dispute.status, isMoneyOut: dispute.isMoneyOut,
                evidenceDeadline: dispute.evidenceDueBy, disputedAt: dispute.created))
        for deadline in DisputeDeadline.allCases {
            if deadline.isReached(by: dispute, at: now) {
                try await alerts.raise(deadline.alert, about: dispute.id.rawValue, DisputeDeadline.detail(of: dispute), in: work)
            } else {
                try await alerts.clear(deadline.alert, about: dispute.id.rawValue, in: work)
            }
        }
    }
}

/// When an operator is told that a bank waits for an answer: at once, and again as the end of the time comes nearer.
enum DisputeDeadline: CaseIterable, Sendable {
    case opened, sevenDays, threeDays, oneDay

    var alert: Alert {
        let code =
            switch self {
            case .opened: "dispute_needs_response"
            case .sevenDays: "dispute_due_in_7_days"
            case .threeDays: "dispute_due_in_3_days"
            case .oneDay: "dispute_due_in_24_hours"
            }
        return Alert(code, remedy: "Send evidence (POST /admin/disputes/{id}/evidence), or accept the dispute.")
    }

    /// Seconds before the end; nil for at once.
    private var before: TimeInterval? {
        switch self {
        case .opened: nil
        case .sevenDays: 7 * 86_400
        case .threeDays: 3 * 86_400
        case .oneDay: 86_400
        }
    }

    /// The earliest of all but the first.
    static let longest = allCases.compactMap(\.before).max() ?? 0

    /// Whether it is time, and nobody has answered.
    func isReached(by dispute: DisputeFacts, at now: Date) -> Bool {
        guard dispute.needsResponse else { return false }
        guard let before else { return true }
        return dispute.evidenceDueBy.map { $0.addingTimeInterval(-before) <= now } ?? false
    }

    static func detail(of dispute: DisputeFacts) -> String {
        let end = dispute.evidenceDueBy.map { "until \(WireJSON.time($0))" } ?? "no more"
        return
            "\(dispute.amount) \(dispute.currency) are in dispute (\(dispute.reason), \(dispute.status)); the bank takes evidence \(end)."
    }
}

/// Looks at the disputes whose time is running out: no event tells of a day that passes.
struct WatchDisputes: Sendable {
    let pool: PostgresPool
    let alerts: Alerts
    let now: @Sendable () -> Date

    /// The most urgent ones at a time; the rest have longer.
    private static let most = 500

    func callAsFunction() async throws {
        let now = now()
        for row in try await Disputes.waiting(until: now.addingTimeInterval(DisputeDeadline.longest), limit: Self.most, in: pool) {
            for deadline in DisputeDeadline.allCases where deadline.isReached(by: row.facts, at: now) {
                try await alerts.raise(deadline.alert, about: row.facts.id.rawValue, DisputeDeadline.detail(of: row.facts))
            }
        }
    }
}
