import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@Suite("The outbox and its relay")
struct OutboxTests {
    struct Undone: Error {}

    @Test("a message is published after the commit, as a CloudEvent under its own id", .database, .broker)
    func published() async throws {
        let bench = try await Bench.make()
        try await bench.running(bench.relay()) {
            try await bench.outbox.transaction { work in try work.publish(AccessChanged.sample("user_9"), id: "message-9") }
            try await eventually("it is marked") {
                try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 1
            }
        }
        let bodies = try await bench.broker.takeMessages(from: Bench.queue.name)
        let event = try WireJSON.decode(CloudEvent<AccessChanged>.self, from: try #require(bodies.first))
        #expect(bodies.count == 1)
        #expect(event.id == "message-9")
        #expect(event.source == "/payments/checkout")
        #expect(event.subject == "user_9")
        #expect(event.data == .sample("user_9"))
    }

    @Test("a message of a transaction that is undone is never said", .database, .broker)
    func undone() async throws {
        let bench = try await Bench.make()
        await #expect(throws: Undone.self) {
            try await bench.outbox.transaction { work in
                try work.publish(AccessChanged.sample())
                throw Undone()
            }
        }
        try await #expect(bench.count("SELECT count(*) FROM outbox") == 0)
    }

    @Test("of several states of one thing in a transaction the last alone is said, and every fact", .database, .broker)
    func lastState() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.transaction { work in
            try work.publish(PaymentRecorded.sample("pay_1", version: 1), id: "first")
            try work.publish(PaymentRecorded.sample("pay_2", version: 1), id: "other")
            try work.publish(AccessChanged.sample(generation: 1), id: "fact")
            try work.publish(AccessChanged.sample(generation: 2), id: "another fact")
            try work.publish(PaymentRecorded.sample("pay_1", version: 2), id: "second")
        }
        try await bench.outbox.transaction { work in try work.publish(PaymentRecorded.sample("pay_1", version: 3), id: "third") }
        let said = try await bench.outbox.pool.query("SELECT message_id FROM outbox ORDER BY id")
        #expect(try said.map { try $0.get("message_id") } == ["other", "fact", "another fact", "second", "third"])
    }

    @Test("what a process left behind when it died after its commit is found by the next scan", .database, .broker)
    func leftBehind() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.transaction { work in try work.publish(AccessChanged.sample(), id: "orphan") }
        try await bench.running(bench.relay()) {
            try await eventually("it is published") { try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0 }
        }
        try await #expect(bench.broker.takeMessages(from: Bench.queue.name).count == 1)
    }

    @Test("a message that reaches no queue stays unpublished, and the others pass it by", .database, .broker)
    func unroutable() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.transaction { work in
            try work.publish(CustomerLinked(userID: "user_1", stripeCustomerID: "cus_1"), id: "nowhere")
            try work.publish(AccessChanged.sample(), id: "somewhere")
        }
        try await bench.running(bench.relay()) {
            try await eventually("the other is published") {
                try await bench.count("SELECT count(*) FROM outbox WHERE message_id = 'somewhere' AND published_at IS NOT NULL") == 1
            }
        }
        try await #expect(bench.count("SELECT count(*) FROM outbox WHERE message_id = 'nowhere' AND published_at IS NULL") == 1)
    }

    @Test("an exchange that is missing holds up its own messages only, and they go once it is there", .database, .broker)
    func missingExchange() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.transaction { work in
            try work.publish(VMRestore.sample, id: "nowhere")
            for number in 0..<150 { try work.publish(AccessChanged.sample(), id: "somewhere-\(number)") }
        }
        try await bench.running(bench.relay()) {
            try await eventually("the others are published") {
                try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 150
            }
            try await bench.broker.declareExchange(Exchange.vmCommands.rawValue)
            try await bench.broker.bind(queue: Bench.queue.name, to: Exchange.vmCommands.rawValue, routingKey: VMRestore.key)
            try await eventually("it is published too") {
                try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
            }
        }
    }

    @Test("two relays publish a thousand messages, each once", .database, .broker)
    func replicas() async throws {
        let bench = try await Bench.make()
        try await bench.outbox.transaction { work in
            for number in 0..<1000 { try work.publish(AccessChanged.sample("user_\(number)"), id: "message-\(number)") }
        }
        try await bench.running(bench.relay() + bench.relay()) {
            try await eventually("all are published") {
                try await bench.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
            }
        }
        try await #expect(bench.broker.takeMessages(2000, from: Bench.queue.name).count == 1000)
    }
}
