import Foundation
import Postgres
import TestKit
import Testing

@testable import Analytics
@testable import Checkout
@testable import Refund
@testable import SubscriptionEnforcement
@testable import Webhook

@Suite("Roles and schemas")
struct RoleTests {
    private static let services = ["checkout", "webhook", "refund", "analytics", "enforcement", "notification"]

    /// The services that there are, with the folder of their source.
    static let schemas: [(role: String, folder: String, schema: Schema)] = [
        ("checkout", "Checkout", checkoutSchema), ("webhook", "Webhook", webhookSchema), ("refund", "Refund", refundSchema),
        ("analytics", "Analytics", analyticsSchema), ("enforcement", "SubscriptionEnforcement", enforcementSchema),
    ]

    @Test("a service sees its own schema, makes nothing in it, and sees nobody else's", .database, arguments: services)
    func isolation(service: String) async throws {
        let database = try #require(TestDatabase.current)
        for owner in Self.services {
            let pool = try await database.owner(of: owner)
            try await pool.query("CREATE TABLE secrets (n int)")
            try await pool.query("GRANT SELECT ON secrets TO \(unsafe: owner)")
        }
        try await database.pool(role: service).query("SELECT * FROM secrets")
        var forbidden = [
            "CREATE TABLE mine (n int)", "INSERT INTO secrets VALUES (1)", "DROP TABLE secrets", "CREATE TEMPORARY TABLE mine (n int)",
        ]
        for other in Self.services where other != service {
            forbidden += ["SELECT * FROM \(other).secrets", "CREATE TABLE \(other).mine (n int)"]
        }
        for statement in forbidden { try await expectRefusal(of: statement, as: service) }
        for other in Self.services where other != service {
            try await expectRefusal(of: "SELECT * FROM \(other).secrets", as: "\(service)_owner")
        }
    }

    @Test("the observer reads everything, changes nothing and calls nothing", .database)
    func observer() async throws {
        let database = try #require(TestDatabase.current)
        _ = try await database.pool(role: "refund", with: refundSchema)
        try await database.observer.query("SELECT * FROM refund.refunds")
        // Its sessions are read-only by default; anybody may change that, so the rights must hold by themselves.
        for statement in ["DELETE FROM refund.refunds", "SELECT refund.purge('outbox', 1)"] {
            let error = await #expect(throws: PostgresError.self) {
                try await database.observer.withConnection { connection in
                    try await connection.query("SET default_transaction_read_only = off")
                    try await connection.query(Query(unsafe: statement))
                }
            }
            #expect(error?.code == .insufficientPrivilege, "\(statement)")
        }
    }

    /// Joined with a subquery, a list of a thousand is compared with itself row by row where that was planned while the tables were empty.
    @Test("functions find the rows of a list by an index, however they were planned", .database, arguments: schemas)
    func lists(role: String, folder: String, schema: Schema) async throws {
        let database = try #require(TestDatabase.current)
        _ = try await database.pool(role: role, with: schema)
        let bounded: Query = """
            SELECT proname::text AS name, prosrc ~ 'IN \\(\\s*SELECT[^;]*LIMIT most' AS joins FROM pg_proc
            WHERE pronamespace = to_regnamespace(\(role)) AND prosrc ~ 'LIMIT most' ORDER BY 1
            """
        let functions = try await database.superuser.query(bounded)
        #expect(try functions.map { try $0.get("name", as: String.self) }.contains("seal_audit"))
        #expect(try functions.filter { try $0.get("joins") }.isEmpty)
    }

    @Test("a service may do with its tables what its source does, and nothing else", .database, arguments: schemas.indices)
    func leastPrivilege(index: Int) async throws {
        let (role, folder, schema) = Self.schemas[index]
        let database = try #require(TestDatabase.current)
        _ = try await database.pool(role: role, with: schema)
        let tables = try await database.superuser.query(
            """
            SELECT relname::text AS name FROM pg_class
            WHERE relnamespace = to_regnamespace(\(role)) AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'
            ORDER BY 1
            """
        ).map { try $0.get("name", as: String.self) }
        let named = schema.privileges.keys.filter { $0.hasPrefix("TABLE ") }.map { String($0.dropFirst("TABLE ".count)) }
        #expect(named.sorted() == tables, "every table is thought of")
        let source = try Self.source(of: ["Services/\(folder)", "Shared/Messaging", "Shared/ServiceKit", "Shared/StripeSync"])
        for (object, privileges) in schema.privileges where object.hasPrefix("TABLE ") {
            let table = String(object.dropFirst("TABLE ".count))
            let used: [(verb: String, pattern: String)] = [
                ("INSERT", #"INSERT INTO \#(table)\b"#), ("DELETE", #"DELETE FROM \#(table)\b"#),
                ("UPDATE", #"(UPDATE \#(table)\b|INSERT INTO \#(table)\b[^"]*DO UPDATE)"#),
            ]
            for (verb, pattern) in used {
                // A replica of the version before still says here what it says, and functions of ours are called with our rights.
                let isUsedElsewhere = table == "outbox_messages" && verb == "INSERT" || table == "read_budget" && verb != "DELETE"
                let isUsed = try isUsedElsewhere || source.contains(Regex(pattern))
                #expect(privileges.contains(verb) == isUsed, "\(role): \(verb) on \(table)")
            }
        }
    }

    private func expectRefusal(of statement: String, as role: String) async throws {
        let pool = try #require(TestDatabase.current).pool(role: role)
        let error = await #expect(throws: PostgresError.self, "\(role): \(statement)") { try await pool.query(Query(unsafe: statement)) }
        #expect(error?.code == .insufficientPrivilege, "\(role): \(statement)")
    }

    /// The Swift of these folders. What stands in migrations is the owner's.
    private static func source(of folders: [String]) throws -> String {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        return try folders.flatMap { folder in
            let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
            return try (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.map {
                try String(contentsOf: $0, encoding: .utf8)
            }
        }.joined(separator: "\n")
    }
}
