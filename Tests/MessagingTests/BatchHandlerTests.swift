import Messages
import Messaging
import Models
import Postgres
import ServiceContextModule
import TestKit
import Testing

/// Adds a row for each user of a delivery, with one statement; the entries of the trail name each its own message.
private struct SetHandler: BatchHandler {
    private static let trail = AuditedTable("effects", key: "user_id", of: "effect")

    func apply(_ messages: [Heard<AccessChanged>], in work: UnitOfWork) async throws {
        let heard = messages.newest(by: \.userID.rawValue, \.generation)
        let users = heard.map(\.message.userID.rawValue)
        // A user whom the table cannot take.
        if users.contains("impossible") { try await work.query("SELECT 1 / 0") }
        let unwanted = heard.filter { $0.message.userID == "unwanted" }
        guard unwanted.isEmpty else {
            throw Undone(Dictionary(unwanted.map { ($0.id, .reject(because: "unwanted")) }) { first, _ in first })
        }
        try await work.query(
            Self.trail.change(
                "effect.added", heard: heard.map { ($0.message.userID.rawValue, $0.id) },
                by: """
                    INSERT INTO effects AS known (user_id, generation)
                    SELECT * FROM unnest(\(users), \(heard.map(\.message.generation)))
                    """, calling: "known"))
    }
}

@Suite("A handler of many messages")
struct BatchHandlerTests {
    @Test(
        "takes a delivery at once, of two messages about one thing the newer, and each entry of the trail names its message", .database,
        .broker)
    func together() async throws {
        let bench = try await Bench.make()
        for number in 0..<30 { try await bench.deliver(.sample("user_\(number)", generation: 1), id: "older-\(number)") }
        for number in 0..<30 { try await bench.deliver(.sample("user_\(number)", generation: 2), id: "message-\(number)") }
        try await bench.running([bench.consumer(Dispatch(gathering: .milliseconds(300)).on(SetHandler()))]) {
            try await eventually("all are done") { try await bench.inbox("done") == 60 }
        }
        try await #expect(bench.effects == 30)
        try await #expect(bench.count("SELECT count(DISTINCT xmin::text) FROM effects") == 1)
        let named = try await bench.count(
            """
            SELECT count(*) FROM effects JOIN audit_page(NULL, NULL, 'effect.added', NULL, NULL, NULL, NULL, 99) AS entry
            ON entry.object_id = effects.user_id AND entry.message_id = replace(effects.user_id, 'user_', 'message-')
            """)
        #expect(named == 30)
    }

    @Test("that names those that cannot be done has the others applied together", .database, .broker)
    func undone() async throws {
        let bench = try await Bench.make()
        for number in 0..<50 { try await bench.deliver(.sample(number == 7 ? "unwanted" : "user_\(number)"), id: "message-\(number)") }
        try await bench.running([bench.consumer(Dispatch(gathering: .milliseconds(300)).on(SetHandler()))]) {
            try await eventually("the others are done") { try await bench.inbox("done") == 49 }
            try await eventually("it is parked") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.effects == 49)
        try await #expect(bench.count("SELECT count(DISTINCT xmin::text) FROM effects") == 1)
    }

    @Test("that fails for one of them has the others applied by themselves", .database, .broker)
    func poison() async throws {
        let bench = try await Bench.make()
        for number in 0..<20 { try await bench.deliver(.sample(number == 7 ? "impossible" : "user_\(number)"), id: "message-\(number)") }
        try await bench.running([bench.consumer(Dispatch().on(SetHandler()), attempts: 2)]) {
            try await eventually("the others are done") { try await bench.inbox("done") == 19 }
            try await eventually("it is parked") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.effects == 19)
    }
}
