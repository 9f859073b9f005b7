import DedicatedThread
import Foundation
import Logging
import Messages
import Models
import Postgres
import TestKit

@testable import Messaging
@testable import Stripe
@testable import SubscriptionEnforcement

/// The system under test: two replicas of enforcement on a real database whose clock is the world's.
final class House: Sendable {
    let world: World
    let database: SimulatedDatabase
    private let sabotage: Sabotage?
    private let replicas: Locked<[Replica]>

    var pool: PostgresPool { database.enforcement }

    init(_ world: World, on database: SimulatedDatabase, sabotage: Sabotage?) throws {
        self.world = world
        self.database = database
        self.sabotage = sabotage
        replicas = Locked(try (0...1).map { try Replica($0, process: 0, world, database, sabotage) })
    }

    /// The process of a replica that is alive, a new one if the last was killed.
    func replica(_ number: Int) throws -> Replica {
        let process = world.with { $0.processes[number] }
        let present = replicas.withLock { $0[number] }
        if present.process == process { return present }
        let next = try Replica(number, process: process, world, database, sabotage)
        replicas.withLock { $0[number] = next }
        return next
    }
}

/// One process of enforcement: what it has in memory dies with it.
struct Replica: Sendable {
    let number: Int
    let process: Int
    let stripe: StripeClient
    let worker: LookWorker
    let consumers: Consumers
    private let database: SimulatedDatabase
    private let plans: PlanCatalogue
    private let retry: RetryPolicy

    /// What checkout and refund of this process are, for one job.
    var till: Till { Till(stripe: stripe, database, plans: plans, retry: retry) }

    init(_ number: Int, process: Int, _ world: World, _ database: SimulatedDatabase, _ sabotage: Sabotage?) throws {
        self.number = number
        self.process = process
        let wire = ModelWire(world: world, replica: number)
        stripe = StripeClient(
            configuration: try StripeConfiguration(secretKey: "sk_test_model", apiBase: "http://localhost"), logger: .quiet, wire: wire)
        let pool = database.enforcement
        let (outbox, alerts, policy) = (Outbox(pool: pool, service: .enforcement), Alerts(pool: pool, logger: .quiet), AccessPolicy())
        var plans: [Plan: [PriceID]] = [.basic: ["price_basic", "price_basic_old"], .premium: ["price_premium"]]
        if sabotage == .countOtherProduct { plans[.basic]?.append("price_mug") }
        retry = RetryPolicy { wire.chance }
        self.database = database
        self.plans = try PlanCatalogue(plans)
        let wake = WakeSignal()
        let enforce = EnforceAccess(
            outbox: outbox, read: ReadSubscriptions(stripe: stripe, policy: policy, plans: self.plans, pool: pool),
            reversals: ReadReversals(stripe: stripe, policy: policy, alerts: alerts), alerts: alerts, holdDown: .seconds(60), wake: wake)
        worker = LookWorker(enforce: enforce, pool: pool, wake: wake, retry: retry, logger: .quiet)
        let hints = HintHandler(stripeClock: stripe.clock, wake: wake)
        let dispatches: [(Topology.Queue, Dispatch)] = [
            (Topology.enforcementStripeEvents, Dispatch().on(hints, types: { $0.hasPrefix("stripe.") })),
            (
                Topology.enforcementReversals,
                Dispatch().on(ReversalHandler(stripe: stripe, policy: policy, hints: hints), types: { $0.hasPrefix("stripe.") })
            ),
            (Topology.enforcementCustomers, Dispatch().on(CustomerLinkedHandler(wake: wake)).on(SubscriptionChangedHandler(wake: wake))),
            (Topology.enforcementReports, Dispatch().on(VMReportedHandler())),
        ]
        consumers = Consumers(dispatches, outbox, alerts, retry: retry)
    }

    /// Claims who is due, as the worker does; asks for Stripe's time first where it is not known.
    func claim() async throws -> [AccessClaim] {
        if stripe.clock.now == nil { try? await stripe.readClock() }
        return try await AccessClaims.claim(limit: 16, routine: 8, now: stripe.clock.now, in: worker.pool).sorted {
            $0.user.rawValue < $1.user.rawValue
        }
    }
}
