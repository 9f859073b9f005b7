import Foundation
import Messages
import Messaging
import Models
import Postgres

/// A decision as it is kept.
struct DecisionRecord: Sendable {
    var outcome: String
    var wanted: AccessLevel
    var reason: String
    var generation: Int64
}

/// The tables `looks`, `decisions`, `vm_commands`, and the present state in `access`.
enum Decisions {
    private static let decisions = AuditedTable("decisions", key: "id", of: "decision", hiding: ["id", "decided_at"])
    private static let commands = AuditedTable("vm_commands", key: "command_id", of: "vm_command", hiding: ["command_id"])
    /// Whose turn it is is no news; what a user may do is.
    private static let access = AuditedTable(
        "access", key: "user_id", of: "access", hiding: ["user_id"],
        ignoring: [
            "claim", "claimed_until", "attempts", "last_error", "asked_at", "asks", "looked_at", "retry_at", "check_at", "proven_at",
        ])

    /// Keeps a decision with what was read for it, once, and a row for each event that it took into account; one row without.
    static func record(
        _ decision: DecisionRecord, user: UserID, events: [EventID], proof: Proof, in work: UnitOfWork
    ) async throws {
        let evidence = try JSON(encoding: Evidence(readings: proof.readings, requestIDs: proof.requestIDs))
        let occasions: [EventID?] = events.isEmpty ? [nil] : events
        let keep: Query = "INSERT INTO looks (user_id, evidence, read_at) VALUES (\(user), \(evidence), \(proof.readAt)) RETURNING id"
        let look = try await work.query(keep)[0].get("id", as: Int64.self)
        try await work.send(
            decisions.change(
                "decision.\(decision.outcome)", of: nil,
                by: """
                    INSERT INTO decisions (user_id, stripe_event_id, look_id, outcome, wanted, reason, generation)
                    SELECT \(user), event, \(look), \(decision.outcome), \(decision.wanted), \(decision.reason), \(decision.generation)
                    FROM unnest(\(occasions)) AS event
                    """))
    }

    /// What a decision leaves in `access`.
    struct Change: Sendable {
        var wanted: AccessLevel
        var generation: Int64
        /// Nil leaves the reason as it is.
        var reason: String?
        var entitledUntil: Date?
        var stopDueAt: Date?
        /// When to look again though no event comes.
        var checkAt: Date?
    }

    /// Gives the user back; somebody who asked for a look during this one still waits for it.
    static func apply(_ change: Change, under claim: AccessClaim, provenAt: Date, in work: UnitOfWork) async throws {
        try await work.send(
            access.change(
                "access.changed", of: "user_id = \(claim.user)",
                by: """
                    UPDATE access
                    SET wanted = \(change.wanted), generation = \(change.generation), reason = coalesce(\(change.reason), reason),
                        entitled_until = \(change.entitledUntil), stop_due_at = \(change.stopDueAt), proven_at = \(provenAt),
                        check_at = \(change.checkAt), asked_at = CASE WHEN asks <> \(claim.asks) THEN now() END, retry_at = NULL,
                        claimed_until = NULL, attempts = 0, last_error = NULL, updated_at = now()
                    WHERE user_id = \(claim.user)
                    """))
    }

    /// Keeps an order that is being given.
    static func order(_ order: VMOrder, kind: String, in work: UnitOfWork) async throws {
        try await work.send(
            commands.change(
                "vm_command.ordered", of: nil,
                by: """
                    INSERT INTO vm_commands (command_id, user_id, generation, kind, reason, stripe_subscription_id)
                    VALUES (\(order.commandID), \(order.userID), \(order.generation), \(kind), \(order.reason), \(order.subscriptionID))
                    """))
    }

    /// Keeps the controller's answer; false when there is no such command. The first final answer stays, whatever comes late or twice; a
    /// failure is not final, since the controller may have tried again.
    static func reported(_ report: VMReported, in work: UnitOfWork) async throws -> Bool {
        let command: Query = """
            command_id = \(report.commandID) AND user_id = \(report.userID) AND generation = \(report.generation)
            """
        let kept = try await work.query(
            commands.change(
                "vm_command.reported", of: "command_id = \(report.commandID)",
                by: """
                    UPDATE vm_commands SET reported_at = now(), outcome = \(report.outcome), detail = \(report.detail)
                    WHERE \(query: command) AND (outcome IS NULL OR outcome = 'failed')
                    """))
        if kept.affectedRows == 1 { return true }
        return try await !work.query("SELECT 1 FROM vm_commands WHERE \(query: command)").isEmpty
    }

    private struct Evidence: Encodable {
        var readings: [SubscriptionReading]
        var requestIDs: [String]
    }
}

extension VMReported.Outcome: PostgresEncodable {}
