import Messaging
import Models
import Postgres
import Synchronization

/// By which objects at Stripe are told from those that another installation of this system made in the same account.
final class Installation: Sendable {
    /// The names in use.
    struct Names: Sendable, Hashable {
        /// What new objects are marked with.
        var own: String
        /// All that this database has ever marked its objects with.
        var all: Set<String>

        /// Whether another installation made the object. One that does not say may be anybody's.
        func isOther(_ name: String?) -> Bool { name.map { !all.contains($0) } ?? false }
    }

    private static let trail = AuditedTable("installations", key: "name", of: "installation", user: "NULL::text")

    private let pool: PostgresPool
    private let setting: String?
    private let found = Mutex<Names?>(nil)

    /// `setting` is the name to write from now on; nil for the first that was made, which is made where there is none.
    init(pool: PostgresPool, setting: String?) {
        self.pool = pool
        self.setting = setting
    }

    /// The names, read once.
    func names() async throws -> Names {
        if let known = found.withLock({ $0 }) { return known }
        let names = try await pool.withTransaction { transaction in
            // Replicas that begin at once must end up with one name.
            try await transaction.send("SELECT pg_advisory_xact_lock(hashtextextended('installations ' || current_schema(), 0))")
            try await transaction.send(
                Self.trail.change(
                    "installation.named", of: nil,
                    by: """
                        INSERT INTO installations (name)
                        SELECT coalesce(\(self.setting), replace(gen_random_uuid()::text, '-', ''))
                        WHERE \(self.setting != nil) OR NOT EXISTS (SELECT FROM installations)
                        ON CONFLICT (name) DO NOTHING
                        """))
            let all = try await transaction.query("SELECT name FROM installations ORDER BY created_at, name").map {
                try $0.get("name", as: String.self)
            }
            return Names(own: self.setting ?? all[0], all: Set(all))
        }
        found.withLock { $0 = names }
        return names
    }

    /// Letters, digits and a few marks, so that it reads well among the metadata.
    static func isName(_ text: String) -> Bool { text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,99}/) != nil }
}
