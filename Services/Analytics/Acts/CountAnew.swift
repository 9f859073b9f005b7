import Hummingbird
import Logging
import Messaging
import Postgres
import ServiceKit
import ServiceLifecycle

/// Counts all figures anew from what they are made of. What was different is mended, and an operator hears of it: it means that some change has
/// passed the sums by.
struct CountAnew: Sendable {
    /// What was different.
    struct Outcome: ResponseEncodable, Sendable {
        struct Difference: Encodable, Sendable {
            var currency: String
            var figure: String
            var day: String
            var part: String
            var countKept: Int64
            var countRight: Int64
            var amountKept: Int64
            var amountRight: Int64
        }

        /// How many sums were different.
        var differing: Int
        /// The first hundred of them.
        var differences: [Difference]
    }

    let pool: PostgresPool
    let alerts: Alerts

    /// The rule, and what it is about.
    static let alert = Alert(
        "figures_differ",
        remedy:
            "Nothing is to be repaired; find out who changed rows of analytics by hand, and count anew once more (POST /admin/analytics/rebuild)."
    )
    private static let subject = "figures"
    private static let shown = 100
    /// Ten million payments take about twenty seconds.
    private static let patience = Duration.seconds(1800)

    func callAsFunction() async throws -> Outcome {
        let found = try await pool.withTransaction(timeout: Self.patience) { transaction in
            try await transaction.readWholeTables()
            let rows = try await transaction.query("SELECT *, day::text AS on_day FROM rebuild_figures()")
            let differences = try rows.prefix(Self.shown).map { row in
                Outcome.Difference(
                    currency: try row.get("currency"), figure: try row.get("figure"), day: try row.get("on_day"), part: try row.get("part"),
                    countKept: try row.get("count_kept"), countRight: try row.get("count_right"), amountKept: try row.get("amount_kept"),
                    amountRight: try row.get("amount_right"))
            }
            let outcome = Outcome(differing: rows.count, differences: differences)
            try await transaction.send(
                AuditEntry("figures.counted_anew", "figures", "all", after: try JSON(encoding: ["differing": outcome.differing])).statement)
            return outcome
        }
        if found.differing > 0 {
            try await alerts.raise(
                Self.alert, about: Self.subject,
                "\(found.differing) sums were not what the payments behind them make. They are mended.")
        } else {
            try await alerts.clear(Self.alert, about: Self.subject)
        }
        return found
    }
}

/// Sees to it that days begin where the settings say, once, when the service starts.
struct UseTimeZone: Service {
    let timeZone: String
    let pool: PostgresPool
    let logger: Logger

    /// PostgreSQL has a tz database of its own.
    private struct Unknown: Error, CustomStringConvertible {
        let timeZone: String
        var description: String { "ANALYTICS_TIME_ZONE: PostgreSQL knows no time zone called \(timeZone)" }
    }

    func run() async throws {
        do {
            try await use()
        } catch let error as PostgresError where error.code == .invalidValue {
            throw Unknown(timeZone: timeZone)
        }
        try? await gracefulShutdown()
    }

    private func use() async throws {
        let isNew = try await Acting.worker("use_time_zone").perform {
            try await pool.withTransaction(timeout: .seconds(1800)) { transaction in
                try await transaction.readWholeTables()
                let isNew: Bool = try await transaction.query("SELECT use_time_zone(\(timeZone)) AS is_new")[0].get("is_new")
                if isNew { try await transaction.query(AuditEntry("calendar.moved", "calendar", timeZone).statement) }
                return isNew
            }
        }
        if isNew { logger.notice("days begin elsewhere, all figures were counted anew", metadata: ["time_zone": "\(timeZone)"]) }
    }
}
