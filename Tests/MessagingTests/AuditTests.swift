import Crypto
import Foundation
import Logging
import Messages
import Models
import Postgres
import ServiceContextModule
import TestKit
import Testing

@testable import Messaging

/// A table whose changes are in the trail, for these tests.
struct AuditBench: Sendable {
    let outbox: Outbox
    let owner: PostgresPool
    private let things = AuditedTable("things", key: "id", of: "thing", hiding: ["secret"])

    var pool: PostgresPool { outbox.pool }
    var sealer: AuditSealer { AuditSealer(outbox: outbox, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })) }

    static func make() async throws -> AuditBench {
        let database = try #require(TestDatabase.current)
        let things = Schema(
            migrations: [
                Migration(
                    name: "V0001_things",
                    sql: "CREATE TABLE things (id text PRIMARY KEY, user_id text, size bigint, secret text, updated_at timestamptz)")
            ],
            privileges: ["TABLE things": "SELECT, INSERT, UPDATE, DELETE"])
        let pool = try await database.pool(role: "refund", with: messagingSchema + things)
        return AuditBench(outbox: Outbox(pool: pool, service: .refund), owner: try await database.owner(of: "refund"))
    }

    /// Makes a thing, or changes its size.
    func put(_ id: String, size: Int64, user: String? = "user_1") async throws {
        try await pool.query(
            things.change(
                "thing.put", of: "id = \(id)",
                by: """
                    INSERT INTO things AS known (id, user_id, size, secret, updated_at) VALUES (\(id), \(user), \(size), 'shh', now())
                    ON CONFLICT (id) DO UPDATE SET size = excluded.size, updated_at = now()
                    """, calling: "known"))
    }

    func remove(_ id: String) async throws {
        try await pool.query(things.removal("thing.removed", by: "DELETE FROM things WHERE id = \(id)"))
    }

    /// Makes as many things, each in a seal of so many.
    func fill(_ count: Int, named name: String = "t", sealing batch: Int = 5) async throws {
        for number in 0..<count {
            try await put("\(name)-\(number)", size: 1)
            if number % batch == batch - 1 { try await sealer.seal() }
        }
        try await sealer.seal()
    }

    /// What is wrong, as `fault sequence id`.
    func faults(from first: Int64 = 1) async throws -> [String] {
        let through = try await value("SELECT max(sequence) FROM audit_seals").flatMap(Int64.init) ?? 0
        return try await pool.query(
            "SELECT concat_ws(' ', fault, 'in ' || sequence, 'entry ' || id) AS fault FROM audit_faults(\(first), \(max(through, first))) ORDER BY id, 1"
        ).map { try $0.get("fault") }
    }

    func value(_ query: Query) async throws -> String? {
        try await owner.query("SELECT (\(query: query))::text AS value").first?.get("value")
    }

    func entries() async throws -> [String] {
        try await owner.query(
            "SELECT concat_ws(' ', actor_kind, actor, action, object_type, object_id, user_id, before, after) AS entry FROM audit_log ORDER BY id"
        ).map { try $0.get("entry") }
    }
}

@Suite("The trail", .database)
struct AuditTests {
    @Test("tells what a row was and what it is, and nothing where it stayed as it was")
    func beforeAndAfter() async throws {
        let bench = try await AuditBench.make()
        try await Acting(.admin, "admin_1", by: "test").perform {
            try await bench.put("a", size: 1)
            try await bench.put("a", size: 1)
            try await bench.put("a", size: 2)
            try await bench.remove("a")
        }
        try await #expect(
            bench.entries() == [
                #"admin admin_1 thing.put thing a user_1 {"id": "a", "size": 1, "user_id": "user_1"}"#,
                #"admin admin_1 thing.put thing a user_1 {"size": 1} {"size": 2}"#,
                #"admin admin_1 thing.removed thing a user_1 {"id": "a", "size": 2, "user_id": "user_1"}"#,
            ])
    }

    @Test("has who, by which request or event, and keeps the address apart, behind a salted hash")
    func context() async throws {
        let bench = try await AuditBench.make()
        var context = ServiceContext.topLevel
        context.requestID = "req-1"
        context.messageID = "evt_1#2"
        try await ServiceContext.withValue(context) {
            try await Acting(.user, "user_1", by: "POST /things", from: "203.0.113.7").perform {
                try await bench.outbox.transaction { work in
                    let entry = AuditEntry("thing.seen", "thing", "a", user: "user_1", personal: ["reason": "curious"])
                    try await work.query(entry.statement)
                }
            }
        }
        let row = try #require(try await bench.owner.query("SELECT * FROM audit_log").first)
        #expect(try row.get("request_id") == "req-1" && row.get("message_id") == "evt_1#2" && row.get("event_id") == "evt_1")
        #expect(try row.get("origin") == "POST /things")
        let personal = try #require(try await bench.owner.query("SELECT * FROM audit_personal").first)
        let (salt, fields) = (try personal.get("salt", as: [UInt8].self), try personal.get("fields", as: String.self))
        #expect(fields == #"{"address":"203.0.113.7","reason":"curious"}"#)
        #expect(try row.get("personal_sha256", as: [UInt8].self) == Array(SHA256.hash(data: salt + Array(fields.utf8))))
    }

    @Test("an entry is there if, and only if, what it tells of is")
    func atomic() async throws {
        let bench = try await AuditBench.make()
        struct Undone: Error {}
        await #expect(throws: Undone.self) {
            try await bench.outbox.transaction { work in
                try await work.query(AuditEntry("thing.seen", "thing", "a").statement)
                throw Undone()
            }
        }
        await #expect(throws: PostgresError.self) { try await bench.put("a\0", size: 1) }
        try await #expect(bench.entries().isEmpty)
    }

    @Test("cannot be changed, removed, emptied or dated by the service that writes it")
    func appendOnly() async throws {
        let bench = try await AuditBench.make()
        try await bench.fill(1)
        for table in ["audit_log", "audit_personal", "audit_unsealed", "audit_seals", "audit_proof"] {
            let column = table == "audit_personal" ? "sha256" : table.hasPrefix("audit_seals") || table == "audit_proof" ? "sequence" : "id"
            for statement in [
                "UPDATE \(table) SET \(column) = \(column)", "DELETE FROM \(table)", "TRUNCATE \(table)", "SELECT * FROM \(table)",
                "DROP TABLE \(table)",
            ] {
                let error = await #expect(throws: PostgresError.self, "\(statement)") {
                    try await bench.pool.query(Query(unsafe: statement))
                }
                #expect(error?.code == .insufficientPrivilege, "\(statement)")
            }
        }
        let backdated: Query = """
            INSERT INTO audit_log (id, at, actor_kind, actor, action, origin, object_type, object_id)
            VALUES (9, '2020-01-01Z', 'user', 'user_1', 'thing.put', 'test', 'thing', 'a')
            """
        let error = await #expect(throws: PostgresError.self) { try await bench.pool.query(backdated) }
        #expect(error?.code == .insufficientPrivilege)
    }
}

@Suite("The seals of the trail", .database)
struct AuditSealTests {
    @Test("form a chain over every entry, whose hashes anybody can compute")
    func chain() async throws {
        let bench = try await AuditBench.make()
        try await bench.fill(12)
        try await #expect(bench.faults().isEmpty)
        let seals = try await bench.owner.query(
            "SELECT *, (extract(epoch FROM sealed_at) * 1000000)::bigint AS micros FROM audit_seals ORDER BY sequence")
        #expect(seals.count == 3)
        var previous: [UInt8] = []
        for (index, seal) in seals.enumerated() {
            var bytes = previous + Self.bytes(Int64(index + 1)) + Self.bytes(try seal.get("micros"))
            let (ids, hashes) = (try seal.get("ids", as: [Int64].self), try seal.get("hashes", as: [[UInt8]].self))
            for (id, hash) in zip(ids, hashes) { bytes += Self.bytes(id) + hash }
            previous = Array(SHA256.hash(data: bytes))
            #expect(try seal.get("hash", as: [UInt8].self) == previous)
        }
    }

    private static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    @Test("each is told to the others once")
    func told() async throws {
        let bench = try await AuditBench.make()
        try await bench.fill(7)
        try await bench.sealer.seal()
        try await #expect(
            bench.value("SELECT string_agg(message_id, ' ' ORDER BY id) FROM outbox") == "audit.sealed.v1:refund:1 audit.sealed.v1:refund:2"
        )
    }

    @Test("an entry that was committed late is in the next seal that finds nothing else, and in the twelfth at the latest", .database)
    func late() async throws {
        let bench = try await AuditBench.make()
        try await bench.fill(15)
        for (name, others) in [("late-1", 0), ("late-2", 14)] {
            let id = try await bench.owner.query("SELECT nextval('audit_ids') AS id")[0].get("id", as: Int64.self)
            try await bench.fill(15, named: "\(name)-before")
            // Its number was drawn before those of the seals so far.
            try await bench.owner.query(
                """
                WITH entry AS (INSERT INTO audit_log (id, actor_kind, actor, action, origin, object_type, object_id)
                               VALUES (\(id), 'user', 'u', 'a', 'o', 't', \(name)) RETURNING id)
                INSERT INTO audit_unsealed SELECT id FROM entry
                """)
            for number in 0..<others { try await bench.fill(1, named: "\(name)-\(number)") }
            try await bench.sealer.seal()
            try await #expect(bench.value("SELECT count(*) FROM audit_unsealed") == "0", "\(name)")
        }
        try await #expect(bench.faults() == [])
    }

    static let tampering: [(name: String, sql: Query, faults: [String])] = [
        ("an entry was removed", "DELETE FROM audit_log WHERE id = 7", ["missing in 2 entry 7"]),
        ("an entry was edited", "UPDATE audit_log SET actor = 'somebody' WHERE id = 7", ["edited in 2 entry 7"]),
        ("a time was edited", "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = 3", ["edited in 1 entry 3"]),
        (
            "two entries changed places",
            "UPDATE audit_log SET id = CASE id WHEN 2 THEN -8 WHEN 8 THEN -2 END WHERE id IN (2, 8); UPDATE audit_log SET id = -id WHERE id < 0",
            ["reordered in 1 entry 2", "reordered in 2 entry 8"]
        ),
        (
            "an entry was inserted",
            "INSERT INTO audit_log (id, actor_kind, actor, action, origin, object_type, object_id) VALUES (100, 'user', 'u', 'a', 'o', 't', 'i')",
            ["inserted entry 100"]
        ),
        (
            "an entry was inserted among old ones",
            "INSERT INTO audit_log (id, actor_kind, actor, action, origin, object_type, object_id) VALUES (-5, 'user', 'u', 'a', 'o', 't', 'i')",
            ["inserted entry -5"]
        ),
        (
            "an entry and its place in a seal were removed",
            "DELETE FROM audit_log WHERE id = 7; UPDATE audit_seals SET ids = ids[1:1] || ids[3:5], hashes = hashes[1:1] || hashes[3:5] WHERE sequence = 2",
            ["seal_edited in 2"]
        ),
        (
            "a seal was made anew over what is left",
            """
            DELETE FROM audit_log WHERE id = 7;
            UPDATE audit_seals SET ids = ids[1:1] || ids[3:5], hashes = hashes[1:1] || hashes[3:5] WHERE sequence = 2;
            UPDATE audit_seals SET hash = audit_seal_hash(previous, sequence, sealed_at, ids, hashes) WHERE sequence = 2
            """, ["seal_unlinked in 3"]
        ),
        (
            "a seal was removed", "DELETE FROM audit_seals WHERE sequence = 2; DELETE FROM audit_log WHERE id BETWEEN 6 AND 10",
            ["seal_missing in 2"]
        ),
    ]

    @Test("name what was done to the entries beneath them", arguments: tampering.indices)
    func tampered(index: Int) async throws {
        let bench = try await AuditBench.make()
        try await bench.fill(14)
        try await bench.put("not sealed yet", size: 1)
        try await #expect(bench.faults().isEmpty)
        let (name, sql, faults) = Self.tampering[index]
        for statement in sql.sql.split(separator: ";\n").flatMap({ $0.split(separator: "; ") }) {
            try await bench.owner.query(Query(unsafe: String(statement)))
        }
        try await #expect(bench.faults() == faults, "\(name)")
        let found = try await bench.pool.query("SELECT fault FROM verify_audit(1000)")
        #expect(found.count == faults.count, "\(name)")
        try await #expect(bench.value("SELECT sequence FROM audit_proof") == nil, "\(name): nothing is proven")
    }

    @Test("an entry whose personal part is erased is as whole as before")
    func erased() async throws {
        let bench = try await AuditBench.make()
        try await Acting(.user, "user_1", by: "test", from: "203.0.113.7").perform { try await bench.fill(3) }
        try await #expect(bench.value("SELECT count(*) FROM audit_personal") == "3")
        try await bench.owner.query("DELETE FROM audit_personal")
        try await #expect(bench.faults().isEmpty)
    }

    @Test("an operator is told of what is wrong, and of entries that nobody seals")
    func alerts() async throws {
        let bench = try await AuditBench.make()
        let alerts = Alerts(pool: bench.pool, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let check = AuditCheck(pool: bench.pool, alerts: alerts)
        try await bench.fill(14)
        try await bench.put("waits", size: 1)
        try await check()
        try await #expect(alerts.raised(AuditCheck.alert) == [])
        try await #expect(alerts.raised(AuditCheck.late) == [])
        try await #expect(bench.value("SELECT sequence FROM audit_proof") == "3")
        try await bench.owner.query("UPDATE audit_log SET at = at - interval '61 seconds' WHERE id = 15")
        try await check()
        try await #expect(alerts.raised(AuditCheck.late) == ["audit_unsealed"])
        try await bench.sealer.seal()
        try await bench.owner.query("DELETE FROM audit_log WHERE id = 15")
        try await check()
        try await #expect(alerts.raised(AuditCheck.late) == [])
        try await #expect(alerts.raised(AuditCheck.alert) == ["entry 15 of seal 4"])
    }

    @Test("proof goes on where it ended, and ends where something is wrong")
    func resumed() async throws {
        let bench = try await AuditBench.make()
        try await bench.fill(20)
        let proven: Query = "SELECT sequence FROM audit_proof"
        for expected in ["3", "4"] {
            let faults = try await bench.pool.query("SELECT fault FROM verify_audit(3)")
            #expect(faults.isEmpty)
            try await #expect(bench.value(proven) == expected)
        }
        try await bench.fill(10, named: "more")
        try await bench.owner.query("UPDATE audit_log SET actor = 'x' WHERE id = 28")
        let faults = try await bench.pool.query("SELECT fault FROM verify_audit(3)")
        #expect(faults.count == 1)
        try await #expect(bench.value(proven) == "4")
        // What was proven is looked at again when it is not there any more.
        try await bench.owner.query("DELETE FROM audit_seals WHERE sequence >= 4")
        let cut = try await bench.pool.query("SELECT concat(fault, sequence) AS fault FROM verify_audit(3)")
        try #expect(cut.map { try $0.get("fault", as: String.self) } == ["seal_missing4"])
    }
}
