package import Postgres

extension PostgresPool {
    /// Runs a function of the owner that removes what is old enough, and puts down in the trail how many rows went, where any did; how many.
    /// `removal` has one column, `removed`.
    @discardableResult
    package func removeOld(_ what: String, by removal: Query) async throws -> Int64 {
        try await withTransaction { transaction in
            let removed = try await transaction.query(removal)[0].get("removed", as: Int64.self)
            if removed > 0 {
                let entry = AuditEntry("old_rows.removed", "table", what, after: try JSON(encoding: ["removed": removed]))
                try await transaction.send(entry.statement)
            }
            return removed
        }
    }
}
