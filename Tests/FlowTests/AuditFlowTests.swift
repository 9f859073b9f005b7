import Foundation
import Messages
import Postgres
import TestKit
import Testing

@testable import StripeSandbox

/// The one trail over all services, as an admin asks for it.
@Suite("The trail over all services")
struct AuditFlowTests {
    private struct Entry: Hashable {
        let service: String
        let id: Int
        let at: String
        let action: String
        let user: String?
    }

    private static let unheard: Query = """
        SELECT count(*) FROM (SELECT message_id, routing_key FROM checkout.outbox UNION ALL SELECT message_id, routing_key FROM refund.outbox
                              UNION ALL SELECT message_id, routing_key FROM enforcement.outbox) AS said
        WHERE routing_key IN ('payment.recorded.v1', 'subscription.changed.v1')
              AND NOT EXISTS (SELECT FROM analytics.inbox_heard AS heard WHERE heard.message_id = said.message_id)
           OR routing_key = 'payment.recorded.v1'
              AND NOT EXISTS (SELECT FROM refund.inbox_heard AS heard WHERE heard.message_id = said.message_id)
           OR routing_key IN ('customer.linked.v1', 'subscription.changed.v1')
              AND NOT EXISTS (SELECT FROM enforcement.inbox_heard AS heard WHERE heard.message_id = said.message_id)
           OR routing_key = 'access.changed.v1'
              AND NOT EXISTS (SELECT FROM checkout.inbox_heard AS heard WHERE heard.message_id = said.message_id)
        """

    @Test("is one list, the newest first, that pages without a gap while it grows, and filters", .database, .broker)
    func trail() async throws {
        try await RunningSystem.run { system in
            try await system.subscribe("user_1")
            // What is on its way between two services when all tables are at rest is heard, and what follows of it has come to rest.
            for _ in 0..<2 {
                try await system.atRest()
                try await eventually("what was said is heard") { try await system.value(Self.unheard) == "0" }
            }
            var seen: [Entry] = []
            var cursor: String?
            repeat {
                let page = try await system.trail("limit=7&user_id=user_1" + (cursor.map { "&cursor=\($0)" } ?? ""))
                seen += try Self.entries(page)
                cursor = page["next_cursor"] as? String
                // Entries that come meanwhile are newer than all that are still to be shown.
                if seen.count < 20 { try await system.subscribe("user_\(seen.count + 1)") }
            } while cursor != nil
            #expect(Set(seen).count == seen.count && seen == seen.sorted { $0.at > $1.at })
            #expect(Set(seen.map(\.service)) == ["checkout", "enforcement", "refund", "analytics"])
            let expected = try await system.value(
                Query(
                    unsafe: "SELECT "
                        + RoleTests.schemas.map { "(SELECT count(*) FROM \($0.role).audit_log WHERE user_id = 'user_1')" }.joined(
                            separator: " + ")))
            #expect(expected == "\(seen.count)")
            let mine = try Self.entries(try await system.trail("user_id=user_1&actor=user_1"))
            #expect(Set(mine.map(\.action)) == ["customer.begun", "checkout_session.begun", "checkout_session.opened", "customer.linked"])
            let linked = try Self.entries(try await system.trail("user_id=user_1&action=customer.linked"))
            #expect(linked.map(\.service).sorted() == ["checkout", "enforcement"])
            let none = try Self.entries(try await system.trail("to=2020-01-01"))
            #expect(none.isEmpty)
        }
    }

    @Test("tells who asked from where, by which request, and what a row was before", .database, .broker)
    func entry() async throws {
        try await RunningSystem.run { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            let page = try await system.trail("user_id=user_1&action=checkout_session.opened")
            let entry = try #require((page["data"] as? [[String: Any]])?.first)
            #expect((entry["actor"] as? [String: String]) == ["kind": "user", "id": "user_1"])
            #expect(entry["origin"] as? String == "POST /api/payment/create-checkout-session")
            #expect((entry["before"] as? [String: Any])?["status"] as? String == "creating")
            #expect((entry["after"] as? [String: Any])?["status"] as? String == "open")
            #expect((entry["request_id"] as? String)?.isEmpty == false)
            let event = try Self.entries(try await system.trail("actor=stripe&action=subscription.changed"))
            #expect(event.first?.user == "user_1")
        }
    }

    @Test("is an admin's to see, and each read of it is an entry", .database, .broker)
    func admins() async throws {
        try await RunningSystem.run { system in
            let analytics = try #require(system.urls[.analytics])
            for path in ["admin/audit", "admin/audit/verify", "parts/audit", "parts/audit/verify"] {
                for url in path.hasPrefix("parts") ? Array(system.urls.values) : [analytics] {
                    try await #expect(system.get("\(url)/api/payment/\(path)", as: "user_1").status == 403, "\(path)")
                    try await #expect(system.get("\(url)/api/payment/\(path)", as: nil).status == 401, "\(path)")
                }
            }
            try await #expect(Self.entries(system.trail("")).allSatisfy { !$0.action.hasPrefix("audit.") })
            _ = try await system.trail("user_id=user_1")
            let reads = try Self.entries(try await system.trail("action=audit.read&actor=admin_7"))
            #expect(Set(reads.map(\.service)) == Set(RoleTests.schemas.map(\.role)) && reads.count == 10)
        }
    }

    @Test(
        "names what does not fit in a question", .database, .broker,
        arguments: [("limit=0", "limit"), ("cursor=x", "cursor"), ("from=yesterday", "from"), ("to=1", "to")])
    func malformed(query: String, field: String) async throws {
        try await RunningSystem.run { system in
            let answer = try await system.audit("?\(query)")
            let error = try #require(answer.json()["error"] as? [String: Any])
            #expect(answer.status == 400 && error["field"] as? String == field)
        }
    }

    @Test("names the service that does not answer, within a second or so", .database, .broker)
    func incomplete() async throws {
        // A listener that takes connections and says nothing.
        try await withSilentListener { port in
            try await RunningSystem.run(["REFUND_URL": "http://127.0.0.1:\(port)", "WEBHOOK_URL": "http://127.0.0.1:1"]) { system in
                let began = ContinuousClock.now
                let page = try await system.trail("")
                #expect(page["incomplete"] as? [String] == ["webhook", "refund"])
                let verdict = try await system.audit("/verify").json()
                #expect(verdict["incomplete"] as? [String] == ["webhook", "refund"] && verdict["valid"] as? Bool == false)
                #expect(began.duration(to: .now) < .seconds(4))
            }
        }
    }

    private static func entries(_ page: [String: Any]) throws -> [Entry] {
        try #require(page["data"] as? [[String: Any]]).map { entry in
            Entry(
                service: try #require(entry["service"] as? String), id: try #require(entry["id"] as? Int),
                at: try #require(entry["at"] as? String), action: try #require(entry["action"] as? String),
                user: entry["user_id"] as? String)
        }
    }
}

@Suite("The seals over all services")
struct AuditVerifyFlowTests {
    @Test("say that all is whole, and name what was done where", .database, .broker)
    func verified() async throws {
        try await RunningSystem.run { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            try await system.allSealed()
            try await #expect(system.faults() == [])
            try await system.database.superuser.query(
                "UPDATE checkout.audit_log SET actor = 'somebody' WHERE id = (SELECT min(id) FROM checkout.audit_log)")
            try await #expect(system.faults() == [], "what was proven is not looked at again …")
            try await #expect(system.faults("?from=2020-01-01") == ["checkout edited 1"], "… unless that is asked for")
        }
    }

    @Test("miss the end of a trail that was cut off, and a chain that was written anew", .database, .broker)
    func cut() async throws {
        try await RunningSystem.run { system in
            try await system.subscribe("user_1")
            try await system.atRest()
            try await system.allSealed()
            let newest = try #require(try await system.value("SELECT max(sequence) FROM checkout.audit_seals"))
            try await system.database.superuser.query(
                """
                WITH cut AS (DELETE FROM checkout.audit_seals WHERE sequence = (SELECT max(sequence) FROM checkout.audit_seals) RETURNING ids)
                DELETE FROM checkout.audit_log USING cut WHERE id = ANY (cut.ids)
                """)
            try await #expect(system.faults().contains("checkout tail_cut \(newest)"))
            // The same in enforcement, made anew so that the chain is whole in itself.
            try await system.database.superuser.query(
                """
                WITH edited AS (UPDATE enforcement.audit_log SET action = 'nothing' WHERE id = (SELECT max(highest) FROM enforcement.audit_seals) RETURNING *)
                UPDATE enforcement.audit_seals AS seal
                SET hashes = seal.hashes[:cardinality(seal.hashes) - 1] || enforcement.audit_hash(ROW(edited.*)::enforcement.audit_log)
                FROM edited WHERE edited.id = ANY (seal.ids)
                """)
            try await system.database.superuser.query(
                """
                UPDATE enforcement.audit_seals SET hash = enforcement.audit_seal_hash(previous, sequence, sealed_at, ids, hashes)
                WHERE sequence = (SELECT max(sequence) FROM enforcement.audit_seals)
                """)
            let last = try #require(try await system.value("SELECT max(sequence) FROM enforcement.audit_seals"))
            try await #expect(system.faults("?from=2020-01-01").contains("enforcement seal_rewritten \(last)"))
        }
    }
}

extension RunningSystem {
    /// `GET /admin/audit` and what is behind it, as an admin.
    func audit(_ path: String) async throws -> Answer {
        try await get("\(urls[.analytics] ?? "")/api/payment/admin/audit\(path)", as: "admin_7", isAdmin: true)
    }

    /// A page of the trail.
    func trail(_ query: String) async throws -> [String: Any] {
        let answer = try await audit("?\(query)")
        #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        return try answer.json()
    }

    /// What is wrong, as `service fault sequence`.
    func faults(_ query: String = "") async throws -> [String] {
        let verdict = try await audit("/verify\(query)").json()
        let services = try #require(verdict["services"] as? [[String: Any]])
        let faults = try services.flatMap { service in
            try #require(service["faults"] as? [[String: Any]]).map {
                "\(service["service"] ?? "?") \($0["fault"] ?? "?") \($0["sequence"] ?? $0["entry"] ?? "?")"
            }
        }
        #expect(verdict["valid"] as? Bool == faults.isEmpty)
        return faults
    }

    /// Waits until no entry is without a seal, and analytics knows of every seal.
    func allSealed() async throws {
        let open = RoleTests.schemas.map { "(SELECT count(*) FROM \($0.role).audit_unsealed)" }
        let seals = RoleTests.schemas.map { "(SELECT count(*) FROM \($0.role).audit_seals)" }
        try await eventually("everything is sealed and known") {
            let counts =
                "(\(open.joined(separator: " + "))), (\(seals.joined(separator: " + ")) - (SELECT count(*) FROM analytics.audit_heads))"
            return try await value(Query(unsafe: "SELECT concat_ws(' ', \(counts))")) == "0 0"
        }
    }
}

/// A port on which connections are taken and never answered, while `body` runs.
private func withSilentListener(_ body: (Int) async throws -> Void) async throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    let port = try FreePorts.choose(1)[0]
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isBound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    try #require(isBound == 0 && listen(descriptor, 16) == 0)
    try await body(port)
}
