extension PostgresPool {
    /// The server settings without which a committed transaction can be lost in a crash, as far as they are off: any of `fsync`,
    /// `full_page_writes` and `synchronous_commit`. Empty is good.
    package func assertDurable() async throws -> [String] {
        let rows = try await query(
            """
            SELECT name FROM pg_settings
            WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
            ORDER BY name
            """)
        return try rows.map { try $0.get("name") }
    }
}
