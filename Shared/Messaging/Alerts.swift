package import Logging
import Metrics
package import Postgres

/// Something that an operator must be told of: the name of the rule, and what to do about it.
package struct Alert: Sendable, Hashable {
    /// The name of the rule.
    package let code: String
    /// What to do, in a sentence.
    package let remedy: String

    /// A rule by its name.
    package init(_ code: String, remedy: String) {
        self.code = code
        self.remedy = remedy
    }
}

/// What an operator must look at, kept in the service's table `alerts`: one row for each thing that is wrong, however often it is
/// noticed. The first time (and the first after it was cleared) it is logged as an error.
package struct Alerts: Sendable {
    private let pool: PostgresPool
    private let logger: Logger

    /// Alerts in the schema of `pool`.
    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// Raises an alert, or notes that what it is about was seen again. `subject` names the thing; `detail` is a sentence without
    /// secrets or personal data.
    package func raise(_ alert: Alert, about subject: String, _ detail: String) async throws {
        let rows = try await pool.query(Self.statement(alert, subject, detail))
        noted(alert.code, subject, detail, isNew: try Self.isNew(rows))
    }

    /// The same in a transaction; nothing is logged unless it commits.
    package func raise(_ alert: Alert, about subject: String, _ detail: String, in work: UnitOfWork) async throws {
        let isNew = try await Self.isNew(work.query(Self.statement(alert, subject, detail)))
        work.afterCommit { [self] in noted(alert.code, subject, detail, isNew: isNew) }
    }

    private static func statement(_ alert: Alert, _ subject: String, _ detail: String) -> Query {
        """
        INSERT INTO alerts AS known (code, subject, detail, remedy)
        VALUES (\(alert.code), \(storable(subject)), \(storable(detail)), \(alert.remedy))
        ON CONFLICT (code, subject) DO UPDATE
        SET detail = excluded.detail, remedy = excluded.remedy, last_at = now(), cleared_at = NULL,
            times = CASE WHEN known.cleared_at IS NULL THEN known.times + 1 ELSE 1 END,
            raised_at = CASE WHEN known.cleared_at IS NULL THEN known.raised_at ELSE now() END
        RETURNING times
        """
    }

    /// What an alert is about comes from outside at times, and PostgreSQL stores no NUL.
    private static func storable(_ text: String) -> String { text.replacing("\0", with: "\u{FFFD}") }

    private static func isNew(_ rows: QueryResult) throws -> Bool { try rows[0].get("times", as: Int32.self) == 1 }

    private func noted(_ code: String, _ subject: String, _ detail: String, isNew: Bool) {
        Counter(label: "alerts_total", dimensions: [("code", code)]).increment()
        guard isNew else { return }
        logger.error("alert", metadata: ["code": "\(code)", "subject": "\(subject)", "detail": "\(detail)"])
    }

    /// What alerts of that rule are about which have not been cleared.
    package func raised(_ alert: Alert) async throws -> [String] {
        try await pool.query("SELECT subject FROM alerts WHERE code = \(alert.code) AND cleared_at IS NULL ORDER BY subject").map {
            try $0.get("subject")
        }
    }

    /// Ends an alert whose reason has gone; nothing happens when there is none.
    package func clear(_ alert: Alert, about subject: String) async throws {
        if try await pool.query(Self.end(alert, subject)).affectedRows > 0 { cleared(alert.code, subject) }
    }

    /// The same in a transaction.
    package func clear(_ alert: Alert, about subject: String, in work: UnitOfWork) async throws {
        guard try await work.query(Self.end(alert, subject)).affectedRows > 0 else { return }
        work.afterCommit { [self] in cleared(alert.code, subject) }
    }

    private static func end(_ alert: Alert, _ subject: String) -> Query {
        "UPDATE alerts SET cleared_at = now() WHERE code = \(alert.code) AND subject = \(storable(subject)) AND cleared_at IS NULL"
    }

    private func cleared(_ code: String, _ subject: String) {
        logger.notice("alert cleared", metadata: ["code": "\(code)", "subject": "\(subject)"])
    }
}
