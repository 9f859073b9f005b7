package import Postgres

/// Something that was done to a trail.
package struct AuditFault: Sendable, Hashable, Codable {
    /// `missing`, `edited`, `inserted`, `reordered`: of an entry; `seal_missing`, `seal_edited`, `seal_unlinked`: of a seal.
    package var fault: String
    /// The seal, or the one that holds the entry; nil for an entry in none.
    package var sequence: Int64?
    /// The entry; nil where it is about the seal itself.
    package var entry: Int64?

    package init(fault: String, sequence: Int64?, entry: Int64?) {
        self.fault = fault
        self.sequence = sequence
        self.entry = entry
    }
}

/// Looks again and again whether the trail is whole, from where it was last found to be, and tells an operator when it is not.
package struct AuditCheck: Sendable {
    private let pool: PostgresPool
    private let alerts: Alerts

    /// Seals of one step, each of up to a thousand entries: well below a second.
    package static let step: Int32 = 20
    /// The code of the alert.
    static let alert = Alert(
        "audit_broken", remedy: "Somebody changed the trail by hand: keep the database as it is, and look at GET /admin/audit/verify.")
    /// The code of the other one, and how long an entry may stand without a seal before it is raised.
    static let late = Alert(
        "audit_late", remedy: "See whether a replica of this service runs and its database takes writes.")
    private static let longestWait = Duration.seconds(60)

    /// A check of the trail in the schema of `pool`.
    package init(pool: PostgresPool, alerts: Alerts) {
        self.pool = pool
        self.alerts = alerts
    }

    /// Goes through all that was sealed since the last time. Throws what the database fails with.
    package func callAsFunction() async throws {
        var proven: Int64?
        while true {
            let faults = try await next()
            for fault in faults {
                let place = [fault.entry.map { "entry \($0)" }, fault.sequence.map { "seal \($0)" }].compactMap(\.self)
                try await alerts.raise(
                    Self.alert, about: place.joined(separator: " of "), "The trail of what was done here is not whole: \(fault.fault).")
            }
            let state = try await pool.query(
                """
                SELECT proven, unsealed, unsealed_since < now() - make_interval(secs => \(Self.longestWait.inSeconds)) AS is_late
                FROM audit_state('{}', NULL)
                """)[0]
            let reached = try state.get("proven", as: Int64?.self)
            guard !faults.isEmpty || reached == proven else {
                proven = reached
                continue
            }
            return try await tell(isLate: state.get("is_late", as: Bool?.self) ?? false, unsealed: state.get("unsealed"))
        }
    }

    /// Tells that entries wait for their seal, and when they do no more.
    private func tell(isLate: Bool, unsealed: Int64) async throws {
        if isLate {
            try await alerts.raise(
                Self.late, about: "audit_unsealed",
                "\(unsealed) entries of the trail have no seal, some for more than a minute: nobody seals.")
        } else {
            try await alerts.clear(Self.late, about: "audit_unsealed")
        }
    }

    /// The next step of the proof.
    package func next() async throws -> [AuditFault] {
        try await pool.query("SELECT sequence, id, fault FROM verify_audit(\(Self.step)) ORDER BY sequence, id").map(AuditFault.init)
    }

    /// What is wrong with the seals from `first` to `last` and the entries around them.
    package func faults(from first: Int64, through last: Int64) async throws -> [AuditFault] {
        try await pool.query("SELECT sequence, id, fault FROM audit_faults(\(first), \(last)) ORDER BY sequence, id").map(AuditFault.init)
    }
}

extension AuditFault {
    fileprivate init(_ row: Row) throws {
        self.init(fault: try row.get("fault"), sequence: try row.get("sequence"), entry: try row.get("id"))
    }
}
