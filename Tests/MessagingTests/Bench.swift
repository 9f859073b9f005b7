import Foundation
import Logging
import Messages
import Messaging
import Models
import Postgres
import RabbitMQ
import ServiceLifecycle
import TestKit
import Testing

/// A service's messaging on a database and a virtual host of the test's own.
struct Bench: Sendable {
    let outbox: Outbox
    let broker: TestBroker
    let rabbit: RabbitConfiguration
    var logger: Logger = {
        var logger = Logger(label: "messaging-tests")
        logger.logLevel = .critical
        return logger
    }()

    static let queue = Topology.checkoutAccess

    /// The queue and its exchange exist; nothing runs yet.
    static func make() async throws -> Bench {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        try await broker.declareExchange(Exchange.paymentsEvents.rawValue)
        try await broker.declareQueue(queue.name)
        try await broker.bind(queue: queue.name, to: Exchange.paymentsEvents.rawValue, routingKey: AccessChanged.key)
        let effects = Schema(
            migrations: [
                Migration(
                    name: "V0001_effects",
                    sql: "CREATE TABLE effects (seq bigint GENERATED ALWAYS AS IDENTITY, user_id text, generation bigint)")
            ],
            privileges: ["TABLE effects": "SELECT, INSERT, UPDATE"])
        let pool = try await database.pool(role: "checkout", with: messagingSchema + effects)
        return Bench(outbox: Outbox(pool: pool, service: .checkout), broker: broker, rabbit: try RabbitConfiguration(url: broker.url))
    }

    /// Runs services while `body` does.
    func running(_ services: [any Service], _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do { try await body() } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Runs a service while `body` does, and cuts it off in whatever it is at.
    func dying(_ service: some Service, _ body: () async throws -> Void) async throws {
        // lint:allow stored Task because it is to be cut off, as a process that dies is
        let running = Task { try await service.run() }
        defer { running.cancel() }
        try await body()
        running.cancel()
        _ = await running.result
    }

    func consumer(_ handler: some MessageHandler<AccessChanged>, attempts: Int = 20) -> Consumer {
        consumer(Dispatch().on(handler), attempts: attempts)
    }

    func consumer(_ dispatch: Dispatch, attempts: Int = 20, patience: Duration = .seconds(5)) -> Consumer {
        Consumer(
            queue: Self.queue, dispatch: dispatch, outbox: outbox, rabbit: rabbit,
            retryPolicy: RetryPolicy(maximumDelay: .milliseconds(20), maximumAttempts: attempts), retryScanInterval: .milliseconds(20),
            patience: patience, logger: logger)
    }

    func relay() -> [any Service] {
        let publisher = RabbitPublisher(configuration: rabbit, logger: logger)
        return [publisher, Relay(outbox: outbox, publisher: publisher, scanInterval: .milliseconds(100), logger: logger)]
    }

    /// Puts a message onto the queue as its publisher would.
    func deliver(_ change: AccessChanged, id: String) async throws {
        let event = CloudEvent(change, id: id, source: .enforcement, time: Date(timeIntervalSince1970: 1), trace: nil)
        try await deliver(WireJSON.encode(event))
    }

    func deliver(_ body: [UInt8]) async throws {
        try await broker.publish(body, to: Exchange.paymentsEvents.rawValue, routingKey: AccessChanged.key)
    }

    func count(_ query: Query) async throws -> Int { try await outbox.pool.query("SELECT (\(query: query)) AS n")[0].get("n") }

    /// How many inbox rows have this status.
    func inbox(_ status: String) async throws -> Int { try await count("SELECT count(*) FROM inbox_heard WHERE status = \(status)") }

    var effects: Int { get async throws { try await count("SELECT count(*) FROM effects") } }
}

/// Adds a row for each message it handles; fails first as often as told.
struct EffectHandler: MessageHandler {
    let failures: FailurePlan

    init(_ failures: FailurePlan = FailurePlan()) { self.failures = failures }

    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await work.query("INSERT INTO effects (user_id, generation) VALUES (\(change.userID), \(change.generation))")
        return try await failures.next(for: change)
    }

    func parked(_ change: AccessChanged, because: String, in work: UnitOfWork) async throws {
        try work.publish(change, id: "parked-\(change.userID)")
    }
}

/// Adds a row for each message, and cannot prepare that of the user "hopeless".
struct UnpreparedHandler: MessageHandler {
    func prepare(_ change: AccessChanged) async throws {
        if change.userID == "hopeless" { throw FailurePlan.Broken() }
    }

    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await EffectHandler().apply(change, (), in: work)
    }
}

/// Adds a row that says how many there were of its user when it was prepared.
struct CountingHandler: MessageHandler {
    let pool: PostgresPool

    func prepare(_ change: AccessChanged) async throws -> Int64 {
        try await pool.query("SELECT count(*) AS n FROM effects WHERE user_id = \(change.userID)")[0].get("n")
    }

    func apply(_ change: AccessChanged, _ count: Int64, in work: UnitOfWork) async throws -> Outcome {
        try await work.send("INSERT INTO effects (user_id, generation) VALUES (\(change.userID), \(count))")
        return .done
    }
}

/// Adds a row for each message that says how many names are locked when it is applied.
struct NamedHandler: MessageHandler {
    let failures: FailurePlan

    init(_ failures: FailurePlan = FailurePlan()) { self.failures = failures }

    func names(of change: AccessChanged) -> [String] { [change.userID.rawValue] }

    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await work.query(
            """
            INSERT INTO effects (user_id, generation)
            SELECT \(change.userID), count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
            """)
        return try await failures.next(for: change)
    }
}

/// Is at work when the shutdown comes, and for a while after; being cancelled is its failure.
struct HeldHandler: MessageHandler {
    let begun = WakeSignal()

    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        begun.raise()
        try await gracefulShutdown()
        // lint:allow sleep because it stands for work that takes its time
        try await Task.sleep(for: .milliseconds(300))
        return try await EffectHandler().apply(change, (), in: work)
    }
}

/// Adds a row for each message; for those of slow users it waits for somebody outside who says nothing for as long as it is frozen.
struct FrozenHandler: MessageHandler {
    actor Switch {
        private(set) var isOn = true
        func set(_ isOn: Bool) { self.isOn = isOn }
    }

    let isFrozen = Switch()

    func prepare(_ change: AccessChanged) async throws {
        guard change.userID.rawValue.hasPrefix("slow") else { return }
        // lint:allow sleep because it stands for an answer that does not come
        while await isFrozen.isOn { try await Task.sleep(for: .milliseconds(10)) }
    }

    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await EffectHandler().apply(change, (), in: work)
    }
}

/// Adds a row for each message, and does not come back from that of the killer.
struct DeadlyHandler: MessageHandler {
    actor Tries {
        private(set) var count = 0
        func add() { count += 1 }
    }

    let tries = Tries()

    func apply(_ change: AccessChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        if change.userID == "killer" {
            await tries.add()
            // lint:allow sleep because whoever is at it is to be cut off
            try await Task.sleep(for: .seconds(600))
        }
        return try await EffectHandler().apply(change, (), in: work)
    }
}

/// What is to go wrong, and with which message.
actor FailurePlan {
    struct Broken: Error {}

    private var remaining: [String: Int]
    private let outcome: Outcome?

    /// Users whose messages fail so often: by throwing, or with `outcome`.
    init(_ remaining: [String: Int] = [:], outcome: Outcome? = nil) {
        self.remaining = remaining
        self.outcome = outcome
    }

    func next(for change: AccessChanged) throws -> Outcome {
        guard let left = remaining[change.userID.rawValue], left > 0 else { return .done }
        remaining[change.userID.rawValue] = left - 1
        guard let outcome else { throw Broken() }
        return outcome
    }
}

extension AccessChanged {
    static func sample(_ user: String = "user_1", generation: Int64 = 1) -> AccessChanged {
        AccessChanged(
            userID: UserID(user), generation: generation, wanted: .on, reason: "active", entitledUntil: nil,
            decidedAt: Date(timeIntervalSince1970: 1_700_000_000))
    }
}

extension PaymentRecorded {
    static func sample(_ payment: PaymentID, version: Int64) -> PaymentRecorded {
        PaymentRecorded(
            paymentID: payment, version: version, userID: "user_1", amount: 1900, amountRefunded: 0, currency: "usd", status: .succeeded,
            paymentMethod: "card", planID: "basic", stripePaymentIntentID: "pi_1", stripeInvoiceID: nil, stripeSubscriptionID: nil,
            createdAt: Date(timeIntervalSince1970: 1_700_000_000))
    }
}

extension VMRestore {
    static let sample = VMRestore(
        VMOrder(
            commandID: "command_1", generation: 1, userID: "user_1", subscriptionID: nil, reason: "active",
            evidence: VMEvidence(
                readAt: Date(timeIntervalSince1970: 1_700_000_000), subscriptionStatus: "active", invoiceID: nil, attemptCount: nil,
                nextPaymentAttempt: nil)))
}
