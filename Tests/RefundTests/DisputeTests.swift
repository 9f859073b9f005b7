import Foundation
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Refund

@Suite("A dispute that waits for an answer")
struct DisputeTests {
    private static let now = RefundBench.time
    private static let day: TimeInterval = 86_400

    private static func dispute(
        _ status: String = "needs_response", due: TimeInterval? = nil, submissions: Int64? = 0, method: String? = nil
    ) -> DisputeFacts {
        DisputeFacts(
            id: "du_1", chargeID: "ch_1", currency: "usd", amount: 1900, reason: "fraudulent", status: status,
            evidenceDueBy: due.map(now.addingTimeInterval), submissionCount: submissions, submissionMethod: method, created: now)
    }

    private static let told: [(left: TimeInterval, alerts: Int)] = [
        (10 * day, 1), (7 * day + 1, 1), (7 * day, 2), (3 * day + 1, 2), (3 * day, 3), (day + 1, 3), (day, 4), (-day, 4),
    ]

    @Test("is told of at once, and 7 days, 3 days and 24 hours before its end", arguments: told)
    func deadlines(left: TimeInterval, alerts: Int) {
        #expect(DisputeDeadline.allCases.filter { $0.isReached(by: Self.dispute(due: left), at: Self.now) }.count == alerts)
        #expect(DisputeDeadline.allCases.filter { $0.isReached(by: Self.dispute("under_review", due: left), at: Self.now) }.isEmpty)
    }

    private static let locks: [(dispute: DisputeFacts, why: String?)] = [
        (dispute(due: 3600), nil), (dispute("warning_needs_response", due: 3600), nil), (dispute(), "the bank takes no answer"),
        (dispute(due: -1), "the time for it ended at 2026-11-23T03:59:59Z"),
        (dispute("appeal_needs_response", due: 3600), "an appeal is under way, and only its own evidence is taken, in Stripe's dashboard"),
        (dispute("under_review", submissions: 1), "the bank has its evidence already; it is under_review"),
        (
            dispute("under_review", submissions: 1, method: "smart_disputes"),
            "Stripe itself has answered the bank (Smart Disputes); it is under_review"
        ), (dispute("lost"), "it is lost"),
    ]

    /// Stripe's API reference, "The Dispute object" (`due_by` 0: no answer is taken), and its changelog of 2026-10-28.endive (appeals, Smart
    /// Disputes).
    @Test("says why no answer is taken", arguments: locks)
    func lock(dispute: DisputeFacts, why: String?) { #expect(dispute.lock(at: Self.now) == why) }

    /// `submission_method` is told since 2026-10-28.endive (Stripe's changelog); reads are made in an older version.
    @Test("keeps what only newer versions of Stripe's say", .database)
    func versions() async throws {
        try await RefundBench.run { bench, _ in
            var told = Said.dispute("du_1", "under_review", of: "pi_1")
            told.submissionMethod = "smart_disputes"
            try await bench.hear(.dispute(told), "charge.dispute.updated")
            told.submissionMethod = nil
            try await bench.hear(.dispute(told), "charge.dispute.updated")
            told.amount = 1500
            try await bench.hear(.dispute(told), "charge.dispute.updated", after: 1)
            try await #expect(bench.value("SELECT submission_method || ' ' || amount FROM payment_disputes") == "smart_disputes 1500")
        }
    }

    @Test("raises its alerts as time passes, and ends them when it is answered", .database)
    func alerts() async throws {
        try await RefundBench.run { bench, _ in
            try await bench.hear(Said.payment("pay_1", version: 1))
            let due = Self.now.addingTimeInterval(6 * Self.day)
            try await bench.hear(.dispute(Said.dispute("du_1", "needs_response", of: "pi_1", due: due)), "charge.dispute.created")
            for (days, codes) in [(5, "dispute_due_in_7_days"), (3, "dispute_due_in_3_days"), (1, "dispute_due_in_24_hours")] {
                let now = due.addingTimeInterval(-Double(days) * Self.day)
                try await WatchDisputes(pool: bench.outbox.pool, alerts: bench.alerts, now: { now })()
                try await #expect(bench.alertsRaised()?.contains(codes) == true)
            }
            try await bench.hear(.dispute(Said.dispute("du_1", "under_review", of: "pi_1")), "charge.dispute.updated", after: 1)
            try await #expect(bench.alertsRaised() == nil)
        }
    }
}
