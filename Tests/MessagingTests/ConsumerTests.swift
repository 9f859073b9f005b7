import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@Suite("A consumer")
struct ConsumerTests {
    @Test("applies each message once, however often it is delivered", .database, .broker)
    func exactlyOnce() async throws {
        let bench = try await Bench.make()
        for number in 0..<50 {
            for _ in 0..<3 { try await bench.deliver(.sample("user_\(number)"), id: "message-\(number)") }
        }
        try await bench.running([bench.consumer(EffectHandler())]) {
            try await eventually("all are done") { try await bench.inbox("done") == 50 }
            try await eventually("all are effective") { try await bench.effects == 50 }
        }
        // What was delivered and not acknowledged has come back by now.
        try await #expect(bench.broker.takeMessages(from: Bench.queue.name).isEmpty)
        try await #expect(bench.effects == 50)
    }

    @Test("keeps a message that fails, tries it again until it succeeds, and leaves one effect", .database, .broker)
    func retries() async throws {
        let bench = try await Bench.make()
        try await bench.deliver(.sample("stubborn"), id: "message-1")
        try await bench.running([bench.consumer(EffectHandler(FailurePlan(["stubborn": 3])))]) {
            try await eventually("it is done") { try await bench.inbox("done") == 1 }
        }
        try await #expect(bench.effects == 1)
        try await #expect(bench.count("SELECT attempts FROM inbox") == 4)
        try await #expect(bench.count("SELECT count(*) FROM inbox WHERE body IS NOT NULL OR last_error IS NOT NULL") == 0)
    }

    @Test("lets nothing wait behind a message that always fails, and parks it after its last try", .database, .broker)
    func poison() async throws {
        let bench = try await Bench.make()
        for number in 0..<20 { try await bench.deliver(.sample(number == 7 ? "poison" : "user_\(number)"), id: "message-\(number)") }
        try await bench.running([bench.consumer(EffectHandler(FailurePlan(["poison": .max])), attempts: 3)]) {
            try await eventually("the others are done") { try await bench.inbox("done") == 19 }
            try await eventually("it is parked") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.effects == 19)
        try await #expect(bench.count("SELECT count(*) FROM outbox WHERE message_id = 'parked-poison'") == 1, "its handler was told")
    }

    /// Whoever is cancelled in the middle of a try leaves behind what a process that died does.
    @Test("parks a message that ends the process each time it is tried, and none of its neighbours", .database, .broker)
    func killer() async throws {
        let bench = try await Bench.make()
        for number in 0..<40 { try await bench.deliver(.sample(number == 20 ? "killer" : "user_\(number)"), id: "message-\(number)") }
        let handler = DeadlyHandler()
        for death in 1...3 {
            try await bench.dying(bench.consumer(handler)) {
                try await eventually("it is tried, time \(death)") { await handler.tries.count == death }
            }
            // A worker that died is missed for no longer than its lease.
            try await bench.outbox.pool.query("UPDATE inbox SET next_attempt_at = now() WHERE status = 'retry'")
        }
        try await bench.running([bench.consumer(handler)]) {
            try await eventually("it is parked") { try await bench.inbox("parked") == 1 }
            try await eventually("the others are done") { try await bench.inbox("done") == 39 }
        }
        #expect(await handler.tries.count == 3, "the fourth is not made")
        try await #expect(bench.effects == 39)
        try await #expect(bench.count("SELECT count(*) FROM alerts WHERE code = 'message_parked'") == 1)
    }

    @Test("waits for nobody who takes too long: what needs nothing is done, the others are tried again by themselves", .database, .broker)
    func slow() async throws {
        let bench = try await Bench.make()
        for number in 0..<40 {
            try await bench.deliver(.sample(number < 12 ? "slow_\(number)" : "user_\(number)"), id: "message-\(number)")
        }
        let handler = FrozenHandler()
        try await bench.running([bench.consumer(Dispatch().on(handler), patience: .milliseconds(300))]) {
            try await eventually("those that need nothing are done") { try await bench.inbox("done") == 28 }
            try await eventually("the others wait in the inbox") { try await bench.inbox("retry") == 12 }
            await handler.isFrozen.set(false)
            try await eventually("they are done, too") { try await bench.inbox("done") == 40 }
        }
        try await #expect(bench.effects == 40)
        try await #expect(bench.count("SELECT count(*) FROM alerts") == 0)
    }

    @Test("parks at once what a handler rejects", .database, .broker)
    func rejection() async throws {
        let bench = try await Bench.make()
        try await bench.deliver(.sample("never"), id: "message-1")
        let plan = FailurePlan(["never": 1], outcome: .reject(because: "it can never be done"))
        try await bench.running([bench.consumer(EffectHandler(plan))]) {
            try await eventually("it is parked") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.effects == 0)
    }

    @Test(
        "tries again what this version does not know: a newer replica may", .database, .broker,
        arguments: [#"{"id":"x","type":"unheard.of.v1"}"#, #"{"id":"x","type":"access.changed.v1","data":{"user_id":7}}"#])
    func unknown(body: String) async throws {
        let bench = try await Bench.make()
        try await bench.deliver(Array(body.utf8))
        try await bench.deliver(.sample(), id: "message-1")
        try await bench.running([bench.consumer(EffectHandler(), attempts: 5)]) {
            try await eventually("the good one is done") { try await bench.inbox("done") == 1 }
            try await eventually("the other is tried, and given up in the end") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.count("SELECT attempts FROM inbox WHERE status = 'parked'") == 5)
    }

    @Test(
        "parks what it can never take, once, tells the operator, and goes on", .database, .broker,
        arguments: [
            "not json", "[]", #"{"id":"x"}"#, deep,
            #"{"id":"","type":"access.changed.v1"}"#, #"{"id":"\u0000","type":"access.changed.v1"}"#,
            #"{"id":"\#(String(repeating: "x", count: 4000))","type":"access.changed.v1"}"#, #"{"id":"x","type":"a\u0000"}"#,
        ])
    func unreadable(body: String) async throws {
        let bench = try await Bench.make()
        try await bench.deliver(Array(body.utf8))
        try await bench.deliver(Array(body.utf8))
        try await bench.deliver(.sample(), id: "message-1")
        try await bench.running([bench.consumer(EffectHandler())]) {
            try await eventually("the good one is done") { try await bench.inbox("done") == 1 }
            try await eventually("the bad one is parked, once") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.effects == 1)
        try await #expect(bench.count("SELECT count(*) FROM alerts JOIN inbox ON subject = message_id WHERE code = 'message_parked'") == 1)
    }

    @Test("parks at once what the database cannot store", .database, .broker)
    func unstorable() async throws {
        let bench = try await Bench.make()
        try await bench.deliver(.sample("a\0b"), id: "message-1")
        try await bench.running([bench.consumer(EffectHandler())]) {
            try await eventually("it is parked") { try await bench.inbox("parked") == 1 }
        }
        try await #expect(bench.count("SELECT attempts FROM inbox") == 1)
    }

    @Test("reads an envelope that says only what it must", .database, .broker)
    func sparseEnvelope() async throws {
        let bench = try await Bench.make()
        let data = String(decoding: try WireJSON.encode(AccessChanged.sample()), as: UTF8.self)
        try await bench.deliver(
            Array(#"{"specversion":"1.0","id":"x","source":"elsewhere","type":"access.changed.v1","data":\#(data)}"#.utf8))
        try await bench.running([bench.consumer(EffectHandler())]) {
            try await eventually("it is done") { try await bench.inbox("done") == 1 }
        }
        try await #expect(bench.effects == 1)
    }

    @Test("one message that cannot be prepared does not make its batch go one by one", .database, .broker)
    func unprepared() async throws {
        let bench = try await Bench.make()
        for number in 0..<50 { try await bench.deliver(.sample(number == 7 ? "hopeless" : "user_\(number)"), id: "message-\(number)") }
        try await bench.running([bench.consumer(UnpreparedHandler())]) {
            try await eventually("the others are done") { try await bench.inbox("done") == 49 }
            try await eventually("it is kept") { try await bench.inbox("retry") == 1 }
        }
        let transactions = try await bench.count("SELECT count(DISTINCT xmin::text) FROM effects")
        #expect(transactions < 25, "a batch is what had arrived when the last one was done")
    }

    @Test(
        "applies together what can be done, and by themselves those few that cannot", .database, .broker,
        arguments: [nil, .reject(because: "never"), .prepareAgain] as [Outcome?])
    func leavesOut(outcome: Outcome?) async throws {
        let bench = try await Bench.make()
        for number in 0..<50 { try await bench.deliver(.sample("user_\(number)"), id: "message-\(number)") }
        let plan = FailurePlan(["user_7": 1, "user_9": 1], outcome: outcome)
        try await bench.running([bench.consumer(Dispatch(gathering: .milliseconds(300)).on(EffectHandler(plan)))]) {
            try await eventually("all are settled") { try await bench.inbox("done") + bench.inbox("parked") == 50 }
        }
        // Tried once together, each of the two has used up its failure, and is done where it is tried alone.
        try await #expect(bench.effects == 50)
        let transactions = try await bench.count("SELECT count(DISTINCT xmin::text) FROM effects")
        #expect(transactions == 3)
    }

    @Test("applies messages about one thing one after another, each prepared when the one before is committed", .database, .broker)
    func oneAfterAnother() async throws {
        let bench = try await Bench.make()
        for number in 0..<40 {
            try await bench.deliver(.sample("user_\(number % 20)", generation: 1 + Int64(number / 20)), id: "message-\(number)")
        }
        try await bench.running([bench.consumer(Dispatch(gathering: .milliseconds(300)).on(CountingHandler(pool: bench.outbox.pool)))]) {
            try await eventually("all are done") { try await bench.inbox("done") == 40 }
        }
        // Each has counted those of its user that were there before it.
        try await #expect(bench.count("SELECT count(*) FROM effects WHERE generation = 0") == 20)
        try await #expect(bench.count("SELECT count(*) FROM effects WHERE generation = 1") == 20)
        try await #expect(bench.count("SELECT count(DISTINCT xmin::text) FROM effects") == 2)
    }

    @Test("applies messages in the order of what they lock, as they came where that is the same", .database, .broker)
    func lockOrder() async throws {
        let bench = try await Bench.make()
        for number in (0..<30).reversed() { try await bench.deliver(.sample("user_\(10 + number)"), id: "message-\(number)") }
        try await bench.running([bench.consumer(Dispatch(gathering: .milliseconds(300)).on(EffectHandler()))]) {
            try await eventually("all are done") { try await bench.inbox("done") == 30 }
        }
        try await #expect(
            bench.count(
                "SELECT count(*) FROM (SELECT user_id, lag(user_id) OVER (ORDER BY seq) AS before FROM effects) AS row WHERE before > user_id"
            ) == 0)
    }

    @Test("locks the names of a delivery before it applies any of it, and those of a message that is applied alone", .database, .broker)
    func names() async throws {
        let bench = try await Bench.make()
        for user in ["user_3", "user_1", "user_2", "broken"] { try await bench.deliver(.sample(user), id: "message of \(user)") }
        let dispatch = Dispatch(gathering: .milliseconds(300)).on(NamedHandler(FailurePlan(["broken": 2])))
        try await bench.running([bench.consumer(dispatch)]) {
            try await eventually("all are done") { try await bench.inbox("done") == 4 }
        }
        try await #expect(bench.count("SELECT count(*) FROM effects WHERE user_id <> 'broken' AND generation = 3") == 3)
        try await #expect(bench.count("SELECT generation FROM effects WHERE user_id = 'broken'") == 1)
    }

    @Test("finishes the batch in hand when it is shut down", .database, .broker)
    func shutdown() async throws {
        let bench = try await Bench.make()
        try await bench.deliver(.sample(), id: "message-1")
        let handler = HeldHandler()
        try await bench.running([bench.consumer(handler)]) {
            await handler.begun.wait(for: .seconds(30))
        }
        try await #expect(bench.inbox("done") == 1)
        try await #expect(bench.effects == 1)
        try await #expect(bench.broker.takeMessages(from: Bench.queue.name).isEmpty)
    }

    @Test("prepares again at once when a handler says that it was overtaken", .database, .broker)
    func overtaken() async throws {
        let bench = try await Bench.make()
        try await bench.deliver(.sample("late"), id: "message-1")
        try await bench.running([bench.consumer(EffectHandler(FailurePlan(["late": 2], outcome: .prepareAgain)))]) {
            try await eventually("it is done") { try await bench.inbox("done") == 1 }
        }
        try await #expect(bench.effects == 1)
        try await #expect(bench.count("SELECT attempts FROM inbox_heard") == 1, "it was not put off")
    }

    @Test("two consumers share a queue without doing anything twice", .database, .broker)
    func replicas() async throws {
        let bench = try await Bench.make()
        for number in 0..<200 { try await bench.deliver(.sample("user_\(number)"), id: "message-\(number % 100)") }
        try await bench.running([bench.consumer(EffectHandler()), bench.consumer(EffectHandler())]) {
            try await eventually("all are done") { try await bench.inbox("done") == 100 }
        }
        try await #expect(bench.effects == 100)
    }

    private static let deep =
        #"{"id":"x","type":"access.changed.v1","data":"# + String(repeating: "[", count: 300)
        + String(repeating: "]", count: 300) + "}"
}
