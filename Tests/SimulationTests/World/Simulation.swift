import DedicatedThread
import Foundation
import Messages
import Models
import Postgres

@testable import Messaging
@testable import Stripe
@testable import SubscriptionEnforcement

/// Lives a number of lives: what Stripe says reaches the handlers, who is due is looked at, and what is decided reaches the VM controller, all in
/// the order of the world's time and one at a time.
struct Simulation: Sendable {
    let plan: SimulationPlan
    let world: World
    private let house: House
    private let pump: Pump

    init(_ plan: SimulationPlan, on database: SimulatedDatabase) async throws {
        self.plan = plan
        try await database.empty(breaking: plan.sabotage)
        world = World(plan)
        house = try House(world, on: database, sabotage: plan.sabotage)
        pump = Pump(world: world, house: house)
    }

    /// Runs to the end of the last life and a while longer; what was found.
    func run() async throws -> SimulationResult {
        try await withTaskExecutorPreference(house.database.thread) { try await live() }
    }

    private func live() async throws -> SimulationResult {
        try await withThrowingDiscardingTaskGroup { group in
            while let item = world.next() {
                if let slack = item.slack { try await pump.follow(within: slack) }
                try await take(item, in: &group)
            }
        }
        return try await SimulationResult(plan, world, house)
    }

    private func take(_ item: World.Item, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        switch item {
        case .step(let life, let step): world.go(step, of: life)
        case .deliver(let delivery): try await deliver(delivery, in: &group)
        case .command(let life, let isOn, let generation): world.control(life, isOn: isOn, generation: generation)
        case .resume(let job): try await resume(job)
        case .look: try await look(in: &group)
        case .retry: try await retry(in: &group)
        case .wake: pump.wake(at: world.now)
        case .link(let life, let customer): try await link(customer, of: life, in: &group)
        case .upkeep: try await keepUp(in: &group)
        case .giveBack(let life, let number): try await giveBack(to: life, number, in: &group)
        case .clock(let ahead): try await pump.set(ahead: ahead)
        }
    }

    // MARK: Jobs

    private func start(
        _ job: Job, in group: inout ThrowingDiscardingTaskGroup<any Error>, relays: Bool = true,
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard isAlive(job) else { return mourn(job) }
        world.foresee(job)
        await world.baton.lend {
            group.addTask {
                await Job.$current.withValue(job) {
                    do { try await work() } catch { world.tell("\(job.name) ends with: \(error)") }
                }
                job.end()
                world.baton.giveBack()
            }
        }
        if job.isDead { mourn(job) } else if job.isOver, relays { try await finish(job) }
    }

    /// A killed process does nothing more: its jobs end where they are.
    private func resume(_ job: Job) async throws {
        if !isAlive(job) { job.die() }
        await world.baton.lend { job.resume(throwing: job.isDead ? CancellationError() : nil) }
        if job.isDead { mourn(job) } else if job.isOver { try await finish(job) }
    }

    private func isAlive(_ job: Job) -> Bool {
        world.with { $0.processes[job.replica] == job.process }
    }

    /// What a killed process was at is seen to by whoever is left, when it is theirs.
    private func mourn(_ job: Job) {
        world.bury(job)
        if plan.hasMoney { pump.keepUp(at: world.now + 65_000_000) }
    }

    /// What a job leaves: orders to give, and a time at which somebody is due.
    private func finish(_ job: Job, wasIdle: Bool = false) async throws {
        world.close(job)
        world.heard(job.deliveries)
        try await pump.follow(within: World.Item.shortly)
        try await pump.relay(wasIdle: wasIdle)
        if job.isAboutMoney { pump.keepUp(at: world.now + 2_000_000) }
    }

    private func replica(_ occasion: String) throws -> Replica {
        try house.replica(world.with { $0.faults.uniform("replica \(occasion)") < 0.5 ? 0 : 1 })
    }

    private func job(
        _ name: String, life: Int, by replica: Replica, with deliveries: [World.Delivery] = [], isAboutMoney: Bool = false
    ) -> Job {
        Job(
            name, life: life, replica: replica.number, process: replica.process, deliveries: deliveries, isAboutMoney: isAboutMoney)
    }

    // MARK: What happens

    private func deliver(_ first: World.Delivery, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        if Till.queues.contains(first.queue) { return try await deliverToTill(first, in: &group) }
        // Whoever has to ask Stripe first takes one message at a time here: two questions at once would be in no order.
        let batch = first.queue == Topology.enforcementReversals.name ? [first] : world.delivered(with: first)
        for delivery in batch {
            world.tell("\(delivery.queue) delivers \(delivery.name)")
            if let made = delivery.made { world.with { $0.lives[delivery.life]?.hear(of: made) } }
        }
        let replica = try replica(first.name)
        try await start(job("hear \(first.name)", life: first.life, by: replica, with: batch), in: &group, relays: false) {
            try await replica.consumers.hear(batch.map(\.body), from: first.queue)
        }
        pump.wake(at: world.now + 20_000)
    }

    // MARK: Money

    /// Checkout and refund take one message at a time.
    private func deliverToTill(_ delivery: World.Delivery, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        world.tell("\(delivery.queue) delivers \(delivery.name)")
        let body = world.with { $0.sabotage == .takeEqualForNewer ? $0.madeNewer(delivery) : delivery.body }
        let replica = try replica(delivery.name)
        let job = job("hear \(delivery.name)", life: delivery.life, by: replica, with: [delivery], isAboutMoney: true)
        try await start(job, in: &group) { try await replica.till.hear(body, from: delivery.queue) }
    }

    private func link(_ customer: String, of life: Int, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let replica = try replica("link \(customer) \(world.now)")
        let job = job("link \(customer)", life: life, by: replica, isAboutMoney: true)
        try await start(job, in: &group) { try await replica.till.link(CustomerID(customer), to: UserID("user_\(life)")) }
        // Whoever got no answer asks again.
        if job.isDead { world.with { $0.agenda.add(.link(life: life, customer: customer), at: $0.now + 10_000_000) } }
    }

    private func keepUp(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let (isDue, lists) = pump.takeUpkeep()
        guard isDue else { return }
        let replica = try replica("upkeep \(world.now)")
        try await start(job("upkeep", life: -1, by: replica), in: &group) { [world] in
            let begun = world.now
            let isCompared = try await replica.till.keepUp(lists: lists)
            if begun / 10_800_000_000 != (begun - 3_600_000_000) / 10_800_000_000 { try await house.audit() }
            // What the lists have told now is seen to at the next turn.
            if isCompared { world.with { $0.compared = begun } }
        }
    }

    private func giveBack(to life: Int, _ number: Int, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let replica = try replica("give back \(life) \(number) \(world.now)")
        let isWhole = world.with { $0.faults.uniform("whole \(life) \(number)") } < 0.5
        world.tell("the office gives user_\(life) money back, under the key \(number)")
        try await start(job("give back to user_\(life)", life: life, by: replica, isAboutMoney: true), in: &group) {
            try await replica.till.giveBack(to: UserID("user_\(life)"), part: isWhole ? nil : 500, key: "key \(life) \(number)")
        }
    }

    // MARK: Looks

    private func look(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        guard try await pump.takeLook() else { return }
        let replica = try replica("look \(world.now)")
        let claims = Locked<[AccessClaim]>([])
        let claim = job("claim", life: -1, by: replica)
        try await start(claim, in: &group, relays: false) {
            let due = try await replica.claim()
            claims.withLock { $0 = due }
        }
        if claims.withLock({ $0.isEmpty }), !claim.isDead {
            try await finish(claim, wasIdle: true)
        }
        for claim in claims.withLock({ $0 }) {
            guard let life = Int(claim.user.rawValue.dropFirst(5)) else { continue }
            let job = job("look at \(claim.user)", life: life, by: replica)
            world.open(job)
            world.tell("replica \(replica.number) looks at \(claim.user)")
            try await start(job, in: &group) { await replica.worker.look(at: claim) }
        }
    }

    private func retry(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        pump.isRetrying(false)
        let replica = try replica("retry \(world.now)")
        try await start(job("retry", life: -1, by: replica), in: &group) {
            try await replica.consumers.retryDue()
            if plan.hasMoney { try await replica.till.retryDue() }
        }
    }
}
