import Foundation
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// Attacks on refunds: OWASP ASVS 5.0, 8.2 and 8.3 (access), 15.3 (mass assignment, amounts), 16.5 (fail closed).
@Suite("Attacks on refunds and disputes")
struct RefundAttackTests {
    /// Side by side on one system, each with customers of its own.
    @Test("are refused by role, owner, amount, key and rule (S1, S4, S6, S7, S9)", .database, .broker)
    func refused() async throws {
        try await RunningSystem.run { system in
            async let roles: Void = roles(system)
            async let assignment: Void = assignment(system)
            async let amounts: Void = amounts(system)
            async let keys: Void = keys(system)
            async let rules: Void = rules(system)
            _ = try await (roles, assignment, amounts, keys, rules)
        }
    }

    /// Nobody but an admin decides, and nobody about their own money (S4).
    private func roles(_ system: RunningSystem) async throws {
        let payment = try await system.paid(by: "user_1a")
        let dispute = try await system.disputed(by: "user_2a")
        let request = try await system.askForRefund(of: payment, as: "user_1a", amount: 100)
        let decision = #"{"refund_request_id": "\#(request)", "decision": "approve", "admin_reason": "x", "role": "admin"}"#
        let base = "\(system.refund)/api/payment"
        for (method, path, body) in [
            ("POST", "admin/process-refund", decision), ("GET", "admin/refund-requests", nil), ("GET", "admin/disputes", nil),
            ("GET", "admin/disputes/\(dispute)", nil), ("POST", "admin/disputes/\(dispute)/evidence", #"{"submit": true}"#),
            ("POST", "admin/disputes/\(dispute)/accept", #"{"admin_reason": "x"}"#), ("GET", "admin/evidence/refund/x", nil),
            ("GET", "parts/reconciliation", nil),
        ] {
            #expect(try await system.call(method, "\(base)/\(path)", as: "user_1a", json: body).status == 403, "\(path)")
            #expect(try await system.call(method, "\(base)/\(path)", as: nil, json: body).status == 401, "\(path)")
        }
        try await #expect(system.process(decision, as: "user_1a").refusal() == "403 approver_is_requester")
        let direct = #"{"payment_id": "\#(payment)", "admin_reason": "x"}"#
        try await #expect(system.process(direct, as: "user_1a", key: "k").refusal() == "403 approver_is_requester")
        let accepted = try await system.call(
            "POST", "\(base)/admin/disputes/\(dispute)/accept", as: "user_2a", isAdmin: true, json: #"{"admin_reason": "x"}"#)
        try #expect(accepted.refusal() == "403 approver_is_requester")
        // The database says so, too, whatever the code forgets.
        for statement in [
            "UPDATE refund.refund_requests SET status = 'approved', admin_user_id = user_id, admin_reason = 'x'",
            """
            INSERT INTO refund.refunds (payment_id, user_id, admin_user_id, amount, currency, status, idempotency_key, key_made_at, next_try_at)
            VALUES ('p', 'u', 'u', 1, 'usd', 'reserved', 'k', now(), now())
            """,
        ] as [Query] {
            let error = await #expect(throws: PostgresError.self) { try await system.database.superuser.query(statement) }
            #expect(error?.code == .checkViolation)
        }
        try await #expect(system.refunded(to: "user_1a") == [])
    }

    /// Other people's payments are not there, and what a client makes up counts for nothing (S1, S6).
    private func assignment(_ system: RunningSystem) async throws {
        let payment = try await system.paid(by: "user_1b")
        let url = "\(system.refund)/api/payment/request-refund"
        let theirs = try await system.call("POST", url, as: "user_2b", json: #"{"payment_id": "\#(payment)", "reason": "x"}"#)
        let none = try await system.call("POST", url, as: "user_2b", json: #"{"payment_id": "none", "reason": "x"}"#)
        try #expect(theirs.refusal() == none.refusal() && none.refusal() == "404 not_found payment_id")
        let made = try await system.call(
            "POST", url, as: "user_1b",
            json:
                #"{"payment_id": "\#(payment)", "reason": "x", "user_id": "user_2b", "status": "approved", "currency": "jpy", "amount": 5, "#
                + #""admin_user_id": "user_9", "stripe_charge_id": "ch_other"}"#)
        try #expect(made.text("refund_request", "user_id") == "user_1b")
        try #expect(made.text("refund_request", "status") == "pending")
        try #expect(made.text("refund_request", "currency") == "usd")
        try #expect(made.text("refund_request", "admin_user_id") == nil)
        let again = try await system.call("POST", url, as: "user_1b", json: #"{"payment_id": "\#(payment)", "reason": "x"}"#)
        try #expect(again.refusal() == "409 refund_already_requested")
        let id = try #require(try made.text("refund_request", "id"))
        let approved = try await system.process(
            #"{"refund_request_id": "\#(id)", "decision": "approve", "admin_reason": "x", "currency": "jpy", "charge": "ch_other"}"#)
        #expect(approved.status == 200)
        try await #expect(
            system.process(#"{"refund_request_id": "\#(id)", "decision": "reject", "admin_reason": "x"}"#).refusal()
                == "409 already_processed refund_request_id")
        try await #expect(system.refunded(to: "user_1b") == [5])
    }

    /// Amounts are whole minor units, written as such, and no more than there is (S7).
    private func amounts(_ system: RunningSystem) async throws {
        let payment = try await system.paid(by: "user_1c")
        let malformed = [
            "0", "-1", "1.5", "1e3", "100.0", "\"100\"", "9223372036854775808", "9007199254740993.0", "NaN", "null1", "true", "[1]",
            "{}",
        ]
        for amount in malformed {
            let body = #"{"payment_id": "\#(payment)", "amount": \#(amount), "reason": "x", "admin_reason": "x"}"#
            let url = "\(system.refund)/api/payment/request-refund"
            #expect(try await system.call("POST", url, as: "user_1c", json: body).status == 400, "\(amount)")
            #expect(try await system.process(body, key: "k").status == 400, "\(amount)")
        }
        for amount in ["1901", "9007199254740993", "9223372036854775807"] {
            let body = #"{"payment_id": "\#(payment)", "amount": \#(amount), "reason": "x", "admin_reason": "x"}"#
            let asked = try await system.call("POST", "\(system.refund)/api/payment/request-refund", as: "user_1c", json: body)
            try #expect(asked.refusal() == "422 amount_exceeds_refundable amount")
        }
        for (body, refusal) in [
            (#"{"payment_id": "\#(payment)", "reason": ""}"#, "400 invalid_field reason"),
            (#"{"payment_id": "\#(payment)", "reason": " \n "}"#, "400 invalid_field reason"),
            (#"{"payment_id": "\#(payment)", "reason": "\#(String(repeating: "x", count: 1001))"}"#, "400 invalid_field reason"),
            (#"{"payment_id": 7, "reason": "x"}"#, "400 invalid_field payment_id"),
            (#"{"reason": "x"}"#, "400 invalid_field payment_id"),
        ] {
            let asked = try await system.call("POST", "\(system.refund)/api/payment/request-refund", as: "user_1c", json: body)
            try #expect(asked.refusal() == refusal)
        }
        let direct = #"{"payment_id": "\#(payment)", "amount": 5, "admin_reason": "x"}"#
        try await #expect(system.process(direct).refusal() == "400 idempotency_key_required Idempotency-Key")
        try await #expect(system.refunded(to: "user_1c") == [])
    }

    /// One key is one refund, two keys are two, and a key for another refund is refused (S9).
    private func keys(_ system: RunningSystem) async throws {
        let payment = try await system.paid(by: "user_1d")
        let part = #"{"payment_id": "\#(payment)", "amount": 300, "admin_reason": "x"}"#
        for key in ["a", "a", "b"] { #expect(try await system.process(part, key: key).status == 200) }
        // As after a crash that lost what the key had answered.
        try await system.database.superuser.query("DELETE FROM refund.idempotency_keys WHERE key = 'a'")
        #expect(try await system.process(part, key: "a").status == 200)
        try await #expect(
            system.process(#"{"payment_id": "\#(payment)", "amount": 301, "admin_reason": "x"}"#, key: "a").refusal()
                == "422 idempotency_key_reused Idempotency-Key")
        try await #expect(system.refunded(to: "user_1d") == [300, 300])
    }

    @Test("with Stripe or PostgreSQL out of reach nothing is refunded, and nobody is told that it was (S23)", .database, .broker)
    func failClosed() async throws {
        try await RunningSystem.run { system in
            let payment = try await system.paid(by: "user_1")
            let direct = #"{"payment_id": "\#(payment)", "admin_reason": "x"}"#
            try await system.disturb(
                #"[{"path": "/v1/refunds", "times": 9, "status": 401, "when": "before", "body": {"error": {"type": "invalid_request_error"}}}]"#
            )
            try await #expect(system.process(direct, key: "k").refusal() == "500 stripe_refused")
            try await #expect(system.value("SELECT reserved FROM refund.refundable_payments") == "0")
            await system.sandbox.setFaults([])
            try await withoutDatabase(system) {
                let answer = try await system.process(direct, key: "k2")
                #expect(answer.status == 503, "\(String(decoding: answer.body, as: UTF8.self))")
            }
            #expect(await system.sandbox.account.refunds.ids.isEmpty)
            try await eventually("it is back") { try await system.process(direct, key: "k3").status == 200 }
        }
    }

    /// Keeps the service from its database while `body` runs.
    private func withoutDatabase(_ system: RunningSystem, _ body: @Sendable () async throws -> Void) async throws {
        let name = system.database.name
        try await system.database.superuser.withConnection { connection in
            try await connection.query("ALTER DATABASE \(unsafe: name) CONNECTION LIMIT 0")
            try await connection.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name) AND pid <> pg_backend_pid()")
            do {
                try await body()
            } catch {
                try await connection.query("ALTER DATABASE \(unsafe: name) CONNECTION LIMIT -1")
                throw error
            }
            try await connection.query("ALTER DATABASE \(unsafe: name) CONNECTION LIMIT -1")
        }
    }

    /// After the window nothing can be asked for, and a disputed payment is not refunded; an inquiry is.
    private func rules(_ system: RunningSystem) async throws {
        let payment = try await system.paid(by: "user_1e")
        // No later version of the payment takes back what is arranged.
        try await system.atRest()
        try await system.database.superuser.query(
            "UPDATE refund.refundable_payments SET paid_at = now() - interval '31 days' WHERE payment_id = \(payment)")
        let asked = try await system.call(
            "POST", "\(system.refund)/api/payment/request-refund", as: "user_1e", json: #"{"payment_id": "\#(payment)", "reason": "x"}"#)
        try #expect(asked.refusal() == "422 refund_window_over")
        let disputed = try await system.disputed(by: "user_2e")
        let inquiry = try await system.disputed(by: "user_3e", isInquiry: true)
        for (dispute, expected) in [(disputed, "409 payment_not_refundable"), (inquiry, "200")] {
            let payment = try #require(
                try await system.value("SELECT payment_id FROM refund.payment_disputes WHERE stripe_dispute_id = \(dispute)"))
            let answer = try await system.process(#"{"payment_id": "\#(payment)", "admin_reason": "x"}"#, key: dispute)
            try #expect(answer.refusal() == expected)
        }
    }
}
