import Foundation
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

@Suite("Disputes, from the bank's objection to its verdict")
struct DisputeFlowTests {
    @Test("are answered once, lost when accepted, and may turn", .database, .broker)
    func answered() async throws {
        try await RunningSystem.run { system in
            try await evidence(system)
            try await accepted(system)
            try await staged(system)
        }
    }

    private func path(_ dispute: String, _ act: String, in system: RunningSystem) -> String {
        "\(system.refund)/api/payment/admin/disputes/\(dispute)\(act)"
    }

    /// Evidence goes to the bank once, whoever sends it how often, and the alert ends.
    private func evidence(_ system: RunningSystem) async throws {
        let dispute = try await system.disputed(by: "user_1")
        let shown = try await system.get(path(dispute, "", in: system), as: "admin_1", isAdmin: true)
        // Nine days by the sandbox, a moment of which is over.
        try #expect(shown.text("hours_left") == "215")
        try #expect(shown.text("payment", "amount") == "1900")
        try #expect(shown.text("customer", "disputes") == "1")
        try #expect(shown.text("is_money_out") == "1")
        try await #expect(alerts(about: dispute, system) == "dispute_needs_response")
        let url = path(dispute, "/evidence", in: system)
        let body = #"{"evidence": {"uncategorized_text": "winning_evidence", "receipt": "file_1"}}"#
        let answers = try await system.fifty { _ in try await system.call("POST", url, as: "admin_1", isAdmin: true, json: body) }
        #expect(answers.filter { $0.status == 200 }.count == 1)
        #expect(answers.allSatisfy { $0.status == 200 || $0.status == 409 })
        #expect(await system.sandbox.account.disputes[dispute]?.submissionCount == 1)
        try await system.atRest()
        try await #expect(alerts(about: dispute, system) == nil)
        let again = try await system.call("POST", url, as: "admin_1", isAdmin: true, json: body)
        try #expect(again.refusal() == "409 evidence_locked")
        await system.sandbox.advance(by: 60)
        try await system.atRest()
        try await #expect(
            system.value("SELECT status || ' ' || is_money_out FROM refund.payment_disputes WHERE stripe_dispute_id = \(dispute)")
                == "won false", "the money is back")
        try await #expect(system.value("SELECT status FROM analytics.disputes WHERE stripe_dispute_id = \(dispute)") == "won")
        try await #expect(
            system.value("SELECT count(*) FROM refund.dispute_answers WHERE evidence IS NOT NULL") == "0", "it names people")
    }

    /// One that is accepted is lost, and a verdict may turn, either way.
    private func accepted(_ system: RunningSystem) async throws {
        let dispute = try await system.disputed(by: "user_2")
        let accepted = try await system.call(
            "POST", path(dispute, "/accept", in: system), as: "admin_1", isAdmin: true, json: #"{"admin_reason": "it was us"}"#)
        try #expect(accepted.text("dispute", "status") == "lost")
        for verdict in [Dispute.Verdict.won, .lost, .appealed, .won] {
            let turned = try await system.sandbox.act { account throws(APIError) in account.decide(dispute: dispute, verdict) }
            #expect(turned)
            try await system.atRest()
            let here = try await system.value("SELECT status FROM refund.payment_disputes WHERE stripe_dispute_id = \(dispute)")
            // The version that we speak knows no appeals.
            #expect(here == (verdict == .appealed ? "needs_response" : verdict.rawValue))
        }
        let late = try await system.call(
            "POST", path(dispute, "/accept", in: system), as: "admin_1", isAdmin: true, json: #"{"admin_reason": "x"}"#)
        try #expect(late.refusal() == "409 evidence_locked")
    }

    /// Evidence is kept at Stripe until it is submitted, and what Stripe would not take is refused by name.
    private func staged(_ system: RunningSystem) async throws {
        let dispute = try await system.disputed(by: "user_3")
        let url = path(dispute, "/evidence", in: system)
        for (body, refusal) in [
            (#"{"evidence": {"invented": "x"}}"#, "422 unknown_evidence_field evidence.invented"),
            (#"{"evidence": {"receipt": "a receipt"}}"#, "400 invalid_field evidence.receipt"),
            (#"{"evidence": {"service_date": "\#(String(repeating: "x", count: 5001))"}}"#, "400 invalid_field evidence.service_date"),
            ("{}", "400 invalid_field evidence"),
            (#"{"evidence": {"uncategorized_text": "It ran."}, "submit": false}"#, "200"), (#"{"submit": true}"#, "200"),
        ] {
            try await #expect(system.call("POST", url, as: "admin_1", isAdmin: true, json: body).refusal() == refusal)
        }
        let kept = await system.sandbox.account.disputes[dispute]
        #expect(kept?.evidence["uncategorized_text"] == "It ran." && kept?.submissionCount == 1)
        try await #expect(
            system.call("POST", path("du_none", "/evidence", in: system), as: "admin_1", isAdmin: true, json: #"{"submit": true}"#)
                .refusal() == "404 not_found")
    }

    private func alerts(about dispute: String, _ system: RunningSystem) async throws -> String? {
        try await system.value(
            "SELECT string_agg(code, ',' ORDER BY code) FROM refund.alerts WHERE cleared_at IS NULL AND subject = \(dispute)")
    }

    @Test(
        "what no event tells is found by the pass over Stripe's lists, and strangers are counted and not kept as ours", .database, .broker)
    func reconciled() async throws {
        try await RunningSystem.run(["SWEEP_INTERVAL_SECONDS": "2"]) { system in
            _ = try await system.paid(by: "user_1")
            let charge = try #require(await system.sandbox.account.charges.ids.first)
            // Documented by Stripe as possible for any event ("Webhooks"): neither delivered nor listed.
            await system.sandbox.setChaos(ChaosProfile(rules: [.neverMade: .init(trigger: .probability(1))]))
            try await system.call("POST", "/v1/refunds", "charge=\(charge)&amount=700")
            let stranger = try await system.strangersCharge()
            try await system.call("POST", "/v1/refunds", "charge=\(stranger)&amount=300")
            try await eventually("the customer sees it") { try await system.shown(to: "user_1") == "succeeded 700" }
            try await eventually("analytics knows what Stripe has") {
                let totals = try await system.value("SELECT totals::text FROM analytics.stripe_totals WHERE scope = 'refunds' AND seen = 2")
                return totals?.contains(#""amount": 700"#) == true
            }
            try await #expect(
                system.value("SELECT string_agg(amount || ' ' || (payment_id IS NOT NULL), ',' ORDER BY amount) FROM refund.refunds")
                    == "300 false,700 true")
            try await system.atRest()
            try await eventually("analytics has heard of ours, and of no other") {
                try await system.value("SELECT string_agg(amount::text, ',') FROM analytics.refunds") == "700"
            }
            let part = try await system.get("\(system.refund)/api/payment/parts/reconciliation", as: "admin_1", isAdmin: true).json()
            let passes = try #require(part["passes"] as? [[String: Any]])
            #expect(passes.contains { $0["scope"] as? String == "refunds" && $0["repaired"] as? Int == 1 })
            let analytics = try #require(system.urls[.analytics])
            let whole = try await system.get("\(analytics)/api/payment/admin/reconciliation", as: "admin_1", isAdmin: true).json()
            #expect((whole["services"] as? [[String: Any]])?.compactMap { $0["service"] as? String } == ["checkout", "webhook", "refund"])
            let scopes = (whole["stripe"] as? [[String: Any]])?.compactMap { $0["scope"] as? String } ?? []
            #expect(Set(scopes).isSuperset(of: ["disputes", "refunds"]), "\(scopes)")
        }
    }
}

extension RunningSystem {
    /// A charge for something else that the account sells.
    fileprivate func strangersCharge() async throws -> String {
        try await call("POST", "/v1/payment_intents", "amount=500&currency=usd&payment_method=pm_card_visa&confirm=true")
        return try #require(await sandbox.account.charges.ids.last)
    }
}
