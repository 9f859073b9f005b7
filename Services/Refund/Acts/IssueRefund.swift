import Foundation
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Brings a refund that is reserved to Stripe, and what Stripe says of it back; once, however often and by however many this is called.
///
/// A refund is asked for under one key with the same parameters until it is known what became of it. A timeout or a failure of Stripe's means
/// that nobody knows: then the refunds of the charge are listed, where ours is known by `metadata.refund_id`, before it is asked for again. A
/// key of no more use (Stripe repeats a failure for a day, and forgets a key after one) is not asked under again: a refund of the whole payment
/// gets another one, since Stripe gives no charge back twice; a partial one waits, because Stripe may make it yet, and an admin decides.
///
/// Sources: Stripe's API reference, "Idempotent requests" (500 errors are kept, too, keys for at least 24 hours) and "Error codes"
/// (`charge_already_refunded`); saleor/apps issue 2446 and medusa issue 16681, of refunds made twice under two keys.
struct IssueRefund: Sendable {
    let outbox: Outbox
    let stripe: StripeClient
    let refunds: Snapshots<Refunds>
    let alerts: Alerts
    let retry: RetryPolicy

    /// What became of a try.
    enum Result: Sendable {
        /// Stripe has told, or nobody knows yet: the row says which.
        case row(RefundRow)
        /// Stripe does not do it and nothing was made: the reservation is given back, and a request waits as before.
        case refused(StripeError)
    }

    /// Whether Stripe made a partial refund cannot be found out; an admin has to decide.
    static let undecided = Alert(
        "refund_undecided",
        remedy: "After 24 hours look for the refund at Stripe and decide it again, or reject it; Stripe's events clear this alert.")
    /// Stripe does not do what it is asked, whoever asks.
    static let refused = Alert(
        "stripe_refused", remedy: "See whether STRIPE_SECRET_KEY is valid and may make refunds.")
    /// One for the first key, one that finds it burnt, one for its replacement.
    private static let rounds = 3
    /// How often what was read may be overtaken by events.
    private static let overtakings = 5

    private var pool: PostgresPool { outbox.pool }

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> IssueRefund {
        IssueRefund(outbox: outbox, stripe: stripe.until(deadline), refunds: refunds, alerts: alerts, retry: retry)
    }

    func callAsFunction(_ id: OwnRefundID) async throws -> Result {
        for _ in 0..<Self.rounds {
            let row = try await current(id)
            guard row.isOpen, let key = row.key else { return .row(row) }
            do {
                if row.unknownSince != nil, try await isFound(row) { return .row(try await current(id)) }
                guard !isKeyOfUse(row) else {
                    try await ask(row, key)
                    return .row(try await current(id))
                }
            } catch let error as StripeError where error.isKeyBurnt {
                _ = try await keepOpen(row, because: error.debugDescription, isKeyBurnt: true)
                continue
            } catch let error as StripeError where error.isRetriable || error.isUnknownOutcome {
                return .row(try await keepOpen(row, because: error.debugDescription))
            } catch let error as StripeError {
                return try await refusedOrMade(row, error)
            }
            guard try await isWhole(row) else { return .row(try await wait(row)) }
            try await Refunds.replaceKey(of: row, at: stripe.time, in: pool)
        }
        return .row(try await current(id))
    }

    /// Looks for the refund among those of its charge, and takes in what is there; whether it is known now what became of it.
    func isFound(_ row: RefundRow) async throws -> Bool {
        try await learn {
            try await refunds.read {
                if let charge = row.collectedBy.charge { return try await stripe.refunds(of: charge) }
                guard let intent = row.collectedBy.intent else { throw RefundRefusal.notCollected }
                return try await stripe.refunds(of: intent)
            }
        }
        return try await !current(row.id).isOpen
    }

    private func current(_ id: OwnRefundID) async throws -> RefundRow {
        guard let row = try await Refunds.find(id, in: pool) else { throw RefundRefusal.unknownRefund }
        return row
    }

    private func isKeyOfUse(_ row: RefundRow) -> Bool {
        !row.isKeyBurnt && row.keyMadeAt.map { IdempotencyKeyLife.isTrusted(madeAt: $0, at: stripe.time) } == true
    }

    /// Whether a second refund like it would be one that Stripe does not make.
    private func isWhole(_ row: RefundRow) async throws -> Bool {
        guard let id = row.paymentID, let payment = try await RefundablePayments.read(id, in: pool) else { return false }
        return row.amount >= payment.amount
    }

    private func ask(_ row: RefundRow, _ key: String) async throws {
        let parameters = RefundParameters(
            ownID: row.id, chargeID: row.collectedBy.charge, paymentIntentID: row.collectedBy.intent, amount: row.amount, reason: row.reason
        )
        var answer: String?
        try await learn {
            var replay: RefundID?
            let made = try await refunds.read {
                let read = try await stripe.createRefund(parameters, idempotencyKey: key)
                answer = read.requestID
                if read.isReplay { replay = read.value.id }
                return read.map { [$0] }
            }
            // An answer that Stripe repeats is as old as the first.
            guard let replay else { return made }
            return [try await refunds.read(replay.rawValue, by: stripe)]
        }
        let told = try JSON(encoding: ["idempotency_key": key, "stripe_request_id": answer])
        try await pool.query(AuditEntry("refund.answered", "refund", row.id.rawValue, user: row.userID, after: told).statement)
        try await alerts.clear(Self.refused, about: "refunds")
    }

    /// Brings what `read` gives into the tables; reads again what events have overtaken.
    private func learn(_ read: () async throws -> [Snapshot<RefundFacts>]) async throws {
        for _ in 0..<Self.overtakings {
            let found = try await read()
            let isStored = try await outbox.transaction { work in
                for snapshot in found {
                    let isStored = try await refunds.apply(snapshot, in: work) { facts, source in
                        try await ApplyRefund(work: work, alerts: alerts)(facts, from: source)
                    }
                    guard isStored else { throw Overtaken() }
                }
                return true
            } overtaken: {
                false
            }
            if isStored { return }
        }
        throw RefundRefusal.busy
    }

    /// Stripe refuses. Where it was asked before and nobody knows what became of that, it is looked for first.
    private func refusedOrMade(_ row: RefundRow, _ error: StripeError) async throws -> Result {
        let isAboutThis = [.invalidRequest, .card, .notFound].contains(error.kind)
        if !isAboutThis { try await alerts.raise(Self.refused, about: "refunds", error.debugDescription) }
        do {
            // Also tells of refunds made elsewhere, which may be why.
            if isAboutThis, try await isFound(row) { return .row(try await current(row.id)) }
            if !isAboutThis, row.unknownSince != nil { return .row(try await keepOpen(row, because: error.debugDescription)) }
        } catch let unread as StripeError {
            if row.unknownSince != nil { return .row(try await keepOpen(row, because: unread.debugDescription)) }
        }
        try await giveBack(row, because: error.code ?? error.kind.rawValue)
        return .refused(error)
    }

    /// Gives the reservation of a refund back of which nothing was made, once; a request that it answers waits as before.
    func giveBack(_ row: RefundRow, because reason: String) async throws {
        guard let payment = row.paymentID else { return }
        try await outbox.transaction { work in
            guard let payment = try await RefundablePayments.find(payment, in: work),
                let failed = try await Refunds.fail(row.id, because: reason, in: work)
            else { return }
            try await SettlePayment(work: work, alerts: alerts)(payment.id, telling: [])
            if let request = failed.requestID { try await RefundRequests.reopen(request, in: work) }
            try await alerts.clear(Self.undecided, about: row.id.rawValue, in: work)
        }
    }

    private func keepOpen(_ row: RefundRow, because error: String, isKeyBurnt: Bool = false) async throws -> RefundRow {
        let kept = try await Refunds.keepOpen(
            row, because: String(error.prefix(500)), isKeyBurnt: isKeyBurnt, at: stripe.time,
            after: retry.delay(afterAttempts: Int(row.tries) + 1), in: pool)
        guard let kept else { return try await current(row.id) }
        try await RefundRequests.follow(kept, in: pool)
        return kept
    }

    /// A partial refund whose key is of no more use and that is not to be found: it is looked for again, and an operator hears of it.
    private func wait(_ row: RefundRow) async throws -> RefundRow {
        try await alerts.raise(
            Self.undecided, about: row.id.rawValue,
            "Stripe failed while it was asked to give back \(row.amount) \(row.currency) of payment \(row.paymentID?.rawValue ?? "-"), and may make the refund yet. 24 hours after that an admin decides: POST /admin/process-refund with refund_id and decision retry or abandon."
        )
        return try await keepOpen(row, because: "waits for an admin")
    }
}

/// What was read has been overtaken by an event.
private struct Overtaken: Error {}

extension Outbox {
    /// A transaction that is undone, and gives `value`, where something has been overtaken.
    fileprivate func transaction<T: Sendable>(
        _ body: @Sendable (UnitOfWork) async throws -> T, overtaken value: () -> T
    ) async throws -> T {
        do { return try await transaction(body) } catch is Overtaken { return value() }
    }
}
