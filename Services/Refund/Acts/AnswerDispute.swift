import Foundation
import HTTPTypes
import Logging
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe
import StripeSync

/// Answers a bank: evidence for it, or that the dispute is lost. Each is a row before it is a request, and sent until it is known what became
/// of it: what Stripe takes under one key it takes once, and what it has taken shows in the dispute.
struct AnswerDispute: Sendable {
    let outbox: Outbox
    let stripe: StripeClient
    let disputes: Snapshots<Disputes>
    let alerts: Alerts
    let retry: RetryPolicy
    let logger: Logger

    private static let overtakings = 5

    /// The same, with all its calls to Stripe over by `deadline`.
    func until(_ deadline: ContinuousClock.Instant) -> AnswerDispute {
        AnswerDispute(
            outbox: outbox, stripe: stripe.until(deadline), disputes: disputes, alerts: alerts, retry: retry,
            logger: logger)
    }

    /// What an admin says.
    struct Order: Sendable {
        var dispute: DisputeID
        var kind: DisputeAnswers.Kind
        var evidence: [String: String] = [:]
        /// False keeps the evidence at Stripe until it is submitted.
        var submit = true
        var admin: UserID
        var reason: String?
    }

    /// Answers; whether Stripe has taken it, or nobody knows yet. Throws `RefundRefusal`.
    func callAsFunction(_ order: Order) async throws -> AnswerRow {
        let row = try await outbox.transaction { work in
            guard let dispute = try await Disputes.lock(order.dispute, in: work), dispute.paymentID != nil else {
                throw RefundRefusal.unknownDispute
            }
            guard dispute.userID != order.admin else { throw RefundRefusal.approverIsRequester }
            guard try await !DisputeAnswers.isOpen(order.dispute, in: work) else { throw RefundRefusal.answerUnderWay }
            if let why = dispute.facts.lock(at: stripe.time) { throw RefundRefusal.evidenceLocked(why) }
            return try await DisputeAnswers.begin(
                .init(
                    dispute: dispute.facts, kind: order.kind, evidence: order.evidence, submit: order.submit, admin: order.admin,
                    reason: order.reason, decidedAt: stripe.time), in: work)
        }
        do {
            try await send(row.id)
        } catch let error as CancellationError {
            throw error
        } catch {
            // What is kept is sent: the janitor goes on with it.
            logger.warning("what became of an answer to a bank could not be noted", metadata: ["answer": "\(row.id)", "error": "\(error)"])
            return row
        }
        guard let sent = try await DisputeAnswers.find(row.id, in: outbox.pool) else { return row }
        if sent.status == "refused" { throw RefundRefusal.answerRefused(sent.lastError ?? "it does not say why.") }
        return sent
    }

    /// Sends an answer that is open.
    func send(_ id: String) async throws {
        guard let row = try await DisputeAnswers.find(id, in: outbox.pool), row.isOpen else { return }
        do {
            // What nobody knew of may have been taken.
            if row.tries > 0, try await isTaken(row) { return try await DisputeAnswers.finish(id, isDone: true, in: outbox.pool) }
            guard IdempotencyKeyLife.isTrusted(madeAt: row.keyMadeAt, at: stripe.time) else {
                return try await keepOpen(row, "its key is too old", newKey: true)
            }
            try await learn(of: row.disputeID) { try await ask(row) }
            try await DisputeAnswers.finish(id, isDone: true, in: outbox.pool)
        } catch let error as StripeError where error.isRetriable || error.isUnknownOutcome || error.isKeyBurnt {
            try await keepOpen(row, error.debugDescription, newKey: error.isKeyBurnt)
        } catch let error as StripeError {
            // Read anew, so that everybody sees what keeps it from being answered.
            try? await learn(of: row.disputeID) { nil }
            try await DisputeAnswers.finish(id, isDone: false, because: error.message ?? error.description, in: outbox.pool)
        }
    }

    private func ask(_ row: AnswerRow) async throws -> StripeRead<DisputeFacts>? {
        switch row.kind {
        case .evidence:
            try await stripe.updateDispute(row.disputeID, evidence: row.evidence, submit: row.submit, idempotencyKey: row.key)
        case .acceptance: try await stripe.closeDispute(row.disputeID, idempotencyKey: row.key)
        }
    }

    /// Whether the dispute shows that Stripe has taken an answer. Evidence that is only kept there can be put there again.
    private func isTaken(_ row: AnswerRow) async throws -> Bool {
        try await learn(of: row.disputeID) { nil }
        guard let dispute = try await Disputes.find(row.disputeID, in: outbox.pool)?.facts else { return false }
        return switch row.kind {
        case .evidence: row.submit && (dispute.submissionCount ?? 0) > row.submissionsBefore
        case .acceptance: !dispute.needsResponse
        }
    }

    /// Brings what `say` makes of the dispute into the tables. An answer that Stripe repeats, and one that events have overtaken, is read anew.
    private func learn(of id: DisputeID, _ say: () async throws -> StripeRead<DisputeFacts>?) async throws {
        var isReplay = true
        let said = try await disputes.read {
            guard let read = try await say() else { return StripeRead(value: [], readAt: stripe.time) }
            isReplay = read.isReplay
            return read.map { [$0] }
        }
        var snapshot = isReplay ? nil : said.first
        for _ in 0..<Self.overtakings {
            let read: Snapshot<DisputeFacts>
            if let snapshot { read = snapshot } else { read = try await disputes.read(id.rawValue, by: stripe) }
            let isStored = try await outbox.transaction { work in
                try await disputes.apply(read, in: work) { facts, source in
                    try await ApplyDispute(work: work, alerts: alerts, now: stripe.time)(facts, from: source)
                }
            }
            if isStored { return }
            snapshot = nil
        }
        throw RefundRefusal.busy
    }

    private func keepOpen(_ row: AnswerRow, _ error: String, newKey: Bool) async throws {
        try await DisputeAnswers.keepOpen(
            row, because: String(error.prefix(500)), newKeyAt: newKey ? stripe.time : nil,
            after: retry.delay(afterAttempts: Int(row.tries) + 1), in: outbox.pool)
    }
}

extension DisputeFacts {
    /// Why no answer to it is taken; nil where one is.
    ///
    /// Stripe's changelog, 2026-10-28.endive, "Adds support for submitting evidence to appeal dispute decisions": other evidence is locked
    /// during an appeal; "Adds the evidence submission method property to Disputes": Smart Disputes may have answered.
    func lock(at now: Date) -> String? {
        if status.hasPrefix("appeal_") { return "an appeal is under way, and only its own evidence is taken, in Stripe's dashboard" }
        guard needsResponse else {
            if submissionMethod == "smart_disputes" { return "Stripe itself has answered the bank (Smart Disputes); it is \(status)" }
            return (submissionCount ?? 0) > 0 ? "the bank has its evidence already; it is \(status)" : "it is \(status)"
        }
        guard let end = evidenceDueBy else { return "the bank takes no answer" }
        return end <= now ? "the time for it ended at \(WireJSON.time(end))" : nil
    }
}

/// The texts and files that evidence consists of (Stripe's API reference, "Update a dispute").
enum Evidence {
    /// The most characters of all fields together.
    static let longest = 150_000

    private static let files: Set<String> = [
        "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt", "refund_policy",
        "service_documentation", "shipping_documentation", "uncategorized_file",
    ]
    private static let long: Set<String> = [
        "access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal", "duplicate_charge_explanation",
        "product_description", "refund_policy_disclosure", "refund_refusal_explanation", "uncategorized_text",
    ]
    private static let short: Set<String> = [
        "billing_address", "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_id", "service_date",
        "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    ]

    /// Throws a 400 or 422 that names the field which Stripe would not take.
    static func check(_ evidence: [String: String]) throws {
        for (name, value) in evidence.sorted(by: { $0.key < $1.key }) {
            let field = "evidence.\(name.prefix(60))"
            let most = files.contains(name) ? 255 : long.contains(name) ? 20_000 : short.contains(name) ? 5000 : nil
            guard let most else {
                throw APIError(.unprocessableContent, "unknown_evidence_field", "\(field) is no field of evidence.", field: field)
            }
            guard value.unicodeScalars.count <= most, !value.utf8.contains(0) else {
                throw APIError.malformed("\(field) may hold \(most) characters.", field: field, code: "invalid_field")
            }
            guard !files.contains(name) || value.hasPrefix("file_") else {
                throw APIError.malformed("\(field) takes the id of a file at Stripe (file_…).", field: field, code: "invalid_field")
            }
        }
        guard evidence.values.reduce(0, { $0 + $1.unicodeScalars.count }) <= longest else {
            throw APIError.malformed("Evidence may hold \(longest) characters in all.", field: "evidence", code: "invalid_field")
        }
    }
}
