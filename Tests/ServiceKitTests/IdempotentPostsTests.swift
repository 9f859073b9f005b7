import Hummingbird
import Messaging
import Postgres
import TestKit
import Testing

@testable import ServiceKit

@Suite("A POST that comes again with its Idempotency-Key", .database)
struct IdempotentPostsTests {
    private struct Order: Decodable {
        var name: String
    }

    /// `POST /orders` adds a row and answers with its number; `refused` is none.
    private func service(_ body: (RunningService, PostgresPool) async throws -> Void) async throws {
        let database = try #require(TestDatabase.current)
        let orders = Schema(
            migrations: [Migration(name: "V0001_orders", sql: "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, name text)")],
            privileges: ["TABLE orders": "SELECT, INSERT"])
        try await RunningService.run(
            database.settings(of: "checkout"),
            parts: { foundation in
                let (pool, authenticator) = (foundation.postgres, foundation.authenticator)
                return ServiceParts(schema: messagingSchema + orders) { router in
                    router.customer("", authenticator).add(middleware: IdempotentPosts(pool: pool)).post("/orders") { request, context in
                        let order = try await request.decode(as: Order.self, context: context)
                        let row = try await pool.query("INSERT INTO orders (name) VALUES (\(order.name)) RETURNING id")
                        if order.name == "refused" { throw APIError(.conflict, "refused", "No.") }
                        return "order \(try row[0].get("id", as: Int64.self))"
                    }
                }
            },
            { service in
                let pool = try database.pool(role: "checkout")
                try await body(service, pool)
                await pool.close()
            })
    }

    private func order(
        _ name: String, key: String, user: String = "user_1", path: String = "/orders", of service: RunningService
    ) async throws -> Answer {
        try await service.post(
            path, #"{"name":"\#(name)"}"#, headers: Tokens.bearer(try await Tokens.customer(user)) + [("Idempotency-Key", key)])
    }

    @Test("gets the first answer and has no further effect; without a key, or with another, it is another request")
    func replayed() async throws {
        try await service { (service, pool) async throws in
            let first = try await order("a", key: "one", of: service)
            #expect((first.status, first.body) == (200, "order 1"))
            #expect(first[header: "Idempotent-Replayed"] == nil)
            let second = try await order("a", key: "one", of: service)
            #expect((second.status, second.body) == (200, "order 1"))
            #expect(second[header: "Idempotent-Replayed"] == "true")
            #expect(second[header: "Content-Type"] == first[header: "Content-Type"])
            try await #expect(order("a", key: "two", of: service).body == "order 2")
            try await #expect(order("a", key: "one", user: "user_2", of: service).body == "order 3", "a key is its user's")
            let bare = try await service.post("/orders", #"{"name":"a"}"#, headers: Tokens.bearer(try await Tokens.customer()))
            #expect(bare.body == "order 4")
        }
    }

    @Test("is 422 when it is another request")
    func reused() async throws {
        try await service { (service, pool) async throws in
            _ = try await order("a", key: "one", of: service)
            for (name, path) in [("b", "/orders"), ("a", "/orders?x=1")] {
                let other = try await order(name, key: "one", path: path, of: service)
                #expect((other.status, other.code, other.field) == (422, "idempotency_key_reused", "Idempotency-Key"))
            }
            try await #expect(pool.query("SELECT FROM orders").count == 1)
        }
    }

    @Test("has one effect when many come at once")
    func race() async throws {
        try await service { (service, pool) async throws in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await order("a", key: "one", of: service) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for answer in answers {
                #expect(answer.body == "order 1" || (answer.status, answer.code) == (409, "idempotency_key_in_use"))
            }
            try await #expect(pool.query("SELECT FROM orders").count == 1)
        }
    }

    @Test("is done again when the first was refused, and when whoever answered it died")
    func notKept() async throws {
        try await service { (service, pool) async throws in
            for _ in 0..<2 { try await #expect(order("refused", key: "one", of: service).code == "refused") }
            try await #expect(pool.query("SELECT FROM orders").count == 2)
            _ = try await order("a", key: "two", of: service)
            try await pool.query(
                "UPDATE idempotency_keys SET status = NULL, content_type = NULL, body = NULL, claimed_until = now() + interval '1 minute'")
            try await #expect(order("a", key: "two", of: service).code == "idempotency_key_in_use")
            try await pool.query("UPDATE idempotency_keys SET claimed_until = now() - interval '1 second'")
            try await #expect(order("a", key: "two", of: service).body == "order 4")
            try await pool.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
            try await #expect(order("b", key: "two", of: service).body == "order 5", "the key is forgotten")
        }
    }

    @Test("needs a key that can be one", arguments: ["", String(repeating: "x", count: 256), "a b", "ä"])
    func badKey(key: String) async throws {
        try await service { (service, pool) async throws in
            let answer = try await order("a", key: key, of: service)
            #expect(answer.status == 400)
            try await #expect(pool.query("SELECT FROM orders").isEmpty)
        }
    }
}
