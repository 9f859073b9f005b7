import Foundation
import Logging
import Messaging
import Models
import Postgres
import Stripe

/// An admin decides about a refund. What is to be given back is reserved under a lock on the payment before Stripe is asked.
struct DecideRefund: Sendable {
    let outbox: Outbox
    let issue: IssueRefund
    let fullRefund: EndRule
    let logger: Logger

    /// Whoever decides waits no longer for Stripe; what is not known by then is answered as that.
    private static let patience = Duration.seconds(20)

    /// Who decides, and why.
    struct Decider: Sendable {
        var admin: UserID
        var reason: String
    }

    /// What became of it.
    struct Decided: Sendable {
        var request: RequestRow?
        var refund: RefundRow?
        var consequences: Consequences?
    }

    /// What a refund does to payment and subscription.
    struct Consequences: Sendable, Encodable {
        /// Minor units that are given back, and those that were captured.
        var amount: Int64
        var currency: String
        var amountCaptured: Int64
        /// Minor units of the payment that are given back then, and what is left.
        var amountRefunded: Int64
        var refundableAmount: Int64
        /// The payment's status then.
        var paymentStatus: PaymentStatus
        /// The subscription that it was for, and whether it ends at once.
        var subscription: Subscription?

        struct Subscription: Sendable, Encodable {
            var id: SubscriptionID
            var ends: Bool
            var why: String
        }
    }

    /// What `approve` would do; throws what it would refuse.
    func consequences(ofApproving id: RefundRequestID, amount: Int64?, by decider: Decider) async throws -> Consequences {
        try await outbox.transaction { work in
            let (request, payment) = try await pending(id, by: decider, in: work)
            return try await weigh(amount ?? request.amount, payment, in: work)
        }
    }

    /// Approves a request, whole or with another amount. Throws `RefundRefusal`, or what Stripe refuses; then all is as it was.
    func approve(_ id: RefundRequestID, amount: Int64?, by decider: Decider) async throws -> Decided {
        let refundID = Self.newID()
        let (refund, consequences) = try await outbox.transaction { work -> (RefundRow, Consequences?) in
            // Committed by a try whose answer was lost.
            if let made = try await Refunds.find(refundID, in: work) { return (made, nil) }
            let (request, payment) = try await pending(id, by: decider, in: work)
            let decision = Refunds.Decision(
                id: refundID, payment: payment, amount: amount ?? request.amount, reason: "requested_by_customer", request: id,
                admin: decider.admin, adminReason: decider.reason, decidedAt: issue.stripe.time)
            let consequences = try await weigh(decision.amount, payment, in: work)
            let refund = try await reserve(decision, in: work)
            try await RefundRequests.decide(id, .approved, by: decider.admin, because: decider.reason, in: work)
            return (refund, consequences)
        }
        return try await carryOut(refund, consequences)
    }

    /// Rejects a request.
    func reject(_ id: RefundRequestID, by decider: Decider) async throws -> RequestRow? {
        try await outbox.transaction { work in
            _ = try await pending(id, by: decider, in: work)
            try await RefundRequests.decide(id, .rejected, by: decider.admin, because: decider.reason, in: work)
        }
        return try await RefundRequests.find(id, in: outbox.pool)
    }

    /// A refund that nobody asked for.
    struct Direct: Sendable {
        var payment: PaymentID
        /// Minor units; nil for all that is left.
        var amount: Int64?
        var reason: String?
        /// The admin's key: asking again under it gives the same refund.
        var key: String
    }

    /// What `refund` would do; throws what it would refuse.
    func consequences(of direct: Direct, by decider: Decider) async throws -> Consequences {
        try await outbox.transaction { work in
            let payment = try await lockPayment(of: direct, by: decider, in: work)
            return try await weigh(direct.amount, payment, in: work)
        }
    }

    /// Refunds a payment directly. Throws as `approve` does.
    func refund(_ direct: Direct, by decider: Decider) async throws -> Decided {
        // The whole request: another one under the same key is refused before it comes here.
        let askedAs = "\(decider.admin) \(direct.key) \(direct.payment) \(direct.amount.map(String.init) ?? "all")"
        let refundID = Self.newID()
        let (refund, consequences) = try await outbox.transaction { work -> (RefundRow, Consequences?) in
            let payment = try await lockPayment(of: direct, by: decider, in: work)
            if let known = try await Refunds.find(askedAs: askedAs, in: work) { return (known, nil) }
            let decision = Refunds.Decision(
                id: refundID, payment: payment, amount: direct.amount ?? payment.rest, reason: direct.reason, admin: decider.admin,
                adminReason: decider.reason, askedAs: askedAs, decidedAt: issue.stripe.time)
            let consequences = try await weigh(direct.amount, payment, in: work)
            return (try await reserve(decision, in: work), consequences)
        }
        return try await carryOut(refund, consequences)
    }

    /// How an admin ends the wait for a refund of which cannot be known whether Stripe made it.
    enum Verdict: String, Sendable, CaseIterable {
        /// Ask once more, under another key.
        case retry
        /// Take it that nothing was made.
        case abandon
    }

    /// For so long nobody decides by hand what became of a refund: Stripe may tell yet.
    private static let longestSilence: TimeInterval = 24 * 3600

    /// Decides about a refund of which nobody has known for a day what became of it. It is looked for once more first.
    func decide(_ id: OwnRefundID, _ verdict: Verdict, by decider: Decider) async throws -> Decided {
        guard let row = try await Refunds.find(id, in: outbox.pool) else { throw RefundRefusal.unknownRefund }
        guard row.userID != decider.admin else { throw RefundRefusal.approverIsRequester }
        guard row.isOpen, let since = row.unknownSince, since.addingTimeInterval(Self.longestSilence) <= issue.stripe.time else {
            throw RefundRefusal.refundNotUndecided
        }
        try await outbox.pool.query(
            AuditEntry(
                "refund.decided", "refund", id.rawValue, user: row.userID, after: try JSON(encoding: ["decision": verdict.rawValue]),
                personal: ["admin_reason": decider.reason]
            ).statement)
        let issue = issue.until(issue.stripe.instant + Self.patience)
        if try await !issue.isFound(row) {
            switch verdict {
            case .retry:
                try await Refunds.replaceKey(of: row, at: issue.stripe.time, in: outbox.pool)
                if case .refused(let error) = try await issue(id) { throw Self.told(error) }
            case .abandon: try await issue.giveBack(row, because: "abandoned")
            }
        }
        guard let refund = try await Refunds.find(id, in: outbox.pool) else { throw RefundRefusal.unknownRefund }
        return try await decided(refund, nil)
    }

    // MARK: Parts

    private static func newID() -> OwnRefundID { OwnRefundID(UUID().uuidString.lowercased()) }

    /// A request that waits, and its payment, both locked.
    private func pending(
        _ id: RefundRequestID, by decider: Decider, in work: UnitOfWork
    ) async throws -> (RequestRow, RefundablePayment) {
        guard let known = try await RefundRequests.find(id, in: work) else { throw RefundRefusal.unknownRequest }
        guard known.userID != decider.admin else { throw RefundRefusal.approverIsRequester }
        guard let payment = try await RefundablePayments.find(known.paymentID, in: work),
            let request = try await RefundRequests.lock(id, in: work)
        else { throw RefundRefusal.unknownRequest }
        guard request.status == .pending else { throw RefundRefusal.alreadyProcessed }
        return (request, payment)
    }

    private func lockPayment(of direct: Direct, by decider: Decider, in work: UnitOfWork) async throws -> RefundablePayment {
        guard let payment = try await RefundablePayments.find(direct.payment, in: work) else { throw RefundRefusal.unknownPayment }
        guard payment.userID != decider.admin else { throw RefundRefusal.approverIsRequester }
        // Whoever it is might be this admin.
        guard payment.userID != nil else { throw RefundRefusal.ownerUnknown }
        return payment
    }

    private func reserve(_ decision: Refunds.Decision, in work: UnitOfWork) async throws -> RefundRow {
        // Whoever decides anew has seen what did not arrive.
        for failed in try await Refunds.failed(of: decision.payment.id, in: work) {
            try await issue.alerts.clear(ApplyRefund.failed, about: failed.rawValue, in: work)
        }
        let row = try await Refunds.reserve(decision, in: work)
        try await SettlePayment(work: work, alerts: issue.alerts)(decision.payment.id, telling: [])
        return row
    }

    /// What is reserved is never answered with an error of ours: the janitor goes on with it.
    private func carryOut(_ refund: RefundRow, _ consequences: Consequences?) async throws -> Decided {
        do {
            switch try await issue.until(issue.stripe.instant + Self.patience)(refund.id) {
            case .row(let row): return try await decided(row, consequences)
            case .refused(let error): throw Refused(error: error)
            }
        } catch let refused as Refused {
            throw Self.told(refused.error)
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning("what became of a refund could not be noted", metadata: ["refund": "\(refund.id)", "error": "\(error)"])
            return Decided(refund: refund, consequences: consequences)
        }
    }

    private struct Refused: Error {
        let error: StripeError
    }

    private func decided(_ refund: RefundRow, _ consequences: Consequences?) async throws -> Decided {
        var request: RequestRow?
        if let id = refund.requestID { request = try await RefundRequests.find(id, in: outbox.pool) }
        var payment: RefundablePayment?
        if consequences == nil, let id = refund.paymentID { payment = try await RefundablePayments.read(id, in: outbox.pool) }
        return Decided(
            request: request, refund: refund,
            consequences: consequences ?? payment.map { Self.after(refund.amount, $0, isReserved: true, subscription: nil) })
    }

    /// What Stripe's refusal means (API reference, "Error codes"). What is about this payment is told in Stripe's words, what is about our key as
    /// what it is: somebody has to look at it.
    private static func told(_ error: StripeError) -> any Error {
        switch error.code {
        case "charge_already_refunded": RefundRefusal.alreadyRefunded
        case "charge_disputed": RefundRefusal.disputed
        case "amount_too_large": RefundRefusal.stripeHasLess
        default:
            [.invalidRequest, .card, .notFound].contains(error.kind)
                ? RefundRefusal.stripeRefuses(error.message ?? error.description) : error
        }
    }

    /// Throws the rule that keeps so much from being given back.
    private func weigh(
        _ amount: Int64?, _ payment: RefundablePayment, in work: UnitOfWork
    ) async throws -> Consequences {
        try payment.check(amount, isDisputed: try await Disputes.holdMoney(of: payment.id, in: work))
        let amount = amount ?? payment.rest
        return Self.after(amount, payment, isReserved: false, subscription: try await subscription(of: payment, without: amount, in: work))
    }

    private static func after(
        _ amount: Int64, _ payment: RefundablePayment, isReserved: Bool, subscription: Consequences.Subscription?
    ) -> Consequences {
        let added = isReserved ? 0 : amount
        let refunded = payment.amount - payment.rest + added
        return Consequences(
            amount: amount, currency: payment.currency, amountCaptured: payment.amount, amountRefunded: refunded,
            refundableAmount: payment.rest - added, paymentStatus: refunded >= payment.amount ? .refunded : .succeeded,
            subscription: subscription)
    }

    /// Whether the subscription ends that the payment is for: by policy, and only where it is the newest that was paid for it.
    private func subscription(
        of payment: RefundablePayment, without amount: Int64, in work: UnitOfWork
    ) async throws -> Consequences.Subscription? {
        guard let id = payment.subscriptionID else { return nil }
        if payment.rest > amount { return .init(id: id, ends: false, why: "a part of the payment stays") }
        if fullRefund == .keep { return .init(id: id, ends: false, why: "the policy keeps it (POLICY_FULL_REFUND=keep)") }
        guard try await RefundablePayments.isNewest(payment, in: work) else {
            return .init(id: id, ends: false, why: "a later period was paid")
        }
        return .init(id: id, ends: true, why: "the present period's payment is given back whole (POLICY_FULL_REFUND=end)")
    }
}
