package import Postgres

extension ReadinessCheck {
    /// The database answers.
    package static func database(_ pool: PostgresPool) -> ReadinessCheck {
        ReadinessCheck("database") { _ = try await pool.query("SELECT 1") }
    }
}
