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

/// The tables `decisions`, `vm_commands`, and the present state in `access`.
enum Decisions {
    /// Keeps a decision, once for each event that it took into account, or once without.
    static func record(
        _ decision: DecisionRecord, user: UserID, events: [EventID], proof: ReadSubscriptions.Proof, in work: UnitOfWork
    ) async throws {
        let evidence = try JSON(bytes: WireJSON.encode(Evidence(readings: proof.readings, requestIDs: proof.requestIDs)))
        let occasions: [EventID?] = events.isEmpty ? [nil] : events
        try await work.query(
            """
            INSERT INTO decisions (user_id, stripe_event_id, outcome, wanted, reason, generation, evidence, read_at)
            SELECT \(user), event, \(decision.outcome), \(decision.wanted), \(decision.reason), \(decision.generation), \(evidence),
                   \(proof.readAt)
            FROM unnest(\(occasions)) AS event
            """)
    }

    /// What a decision leaves in `access`.
    struct Change: Sendable {
        var wanted: AccessLevel
        var generation: Int64
        /// Nil leaves the reason as it is.
        var reason: String?
        var entitledUntil: Date?
        var stopDueAt: Date?
        /// When to look again; nil when there is no occasion. At once, whatever it says, if somebody asked for a look during this one.
        var checkAt: Date?
    }

    static func apply(_ change: Change, to user: UserID, provenAt: Date, in work: UnitOfWork) async throws {
        try await work.query(
            """
            UPDATE access
            SET wanted = \(change.wanted), generation = \(change.generation), reason = coalesce(\(change.reason), reason),
                entitled_until = \(change.entitledUntil), stop_due_at = \(change.stopDueAt), proven_at = \(provenAt),
                check_at = CASE WHEN check_at < claimed_until THEN now() ELSE \(change.checkAt) END,
                claimed_until = NULL, attempts = 0, last_error = NULL, updated_at = now()
            WHERE user_id = \(user)
            """)
    }

    /// Keeps an order that is being given.
    static func order(_ order: VMOrder, kind: String, in work: UnitOfWork) async throws {
        try await work.query(
            """
            INSERT INTO vm_commands (command_id, user_id, generation, kind, reason, stripe_subscription_id)
            VALUES (\(order.commandID), \(order.userID), \(order.generation), \(kind), \(order.reason), \(order.subscriptionID))
            """)
    }

    /// Keeps the controller's answer; false when there is no such command. The first final answer stays, whatever comes late or twice; a
    /// failure is not final, since the controller may have tried again.
    static func reported(_ report: VMReported, in work: UnitOfWork) async throws -> Bool {
        let command: Query = """
            command_id = \(report.commandID) AND user_id = \(report.userID) AND generation = \(report.generation)
            """
        let kept = try await work.query(
            """
            UPDATE vm_commands SET reported_at = now(), outcome = \(report.outcome), detail = \(report.detail)
            WHERE \(query: command) AND (outcome IS NULL OR outcome = 'failed')
            """)
        if kept.affectedRows == 1 { return true }
        return try await !work.query("SELECT 1 FROM vm_commands WHERE \(query: command)").isEmpty
    }

    private struct Evidence: Encodable {
        var readings: [AccessPolicy.Reading]
        var requestIDs: [String]
    }
}

extension VMReported.Outcome: PostgresEncodable {}
