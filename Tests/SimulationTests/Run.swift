import DedicatedThread
import Foundation
import Postgres
import TestKit
import Testing

/// Lives worlds of a seed for a while, several side by side: world after world, each the same whenever it is lived.
struct Run: Sendable {
    let seed: UInt64
    /// How many lives each world has.
    var livesPerWorld = 60
    /// One of so many worlds has checkout and refund in it, too, and fewer lives.
    var moneyEvery = 5
    /// How many worlds are lived side by side: on two cores two more, for one that waits for its database keeps no core.
    var width = 4

    /// What all of them have shown.
    struct Total: Sendable, CustomStringConvertible {
        var worlds = 0
        var lives = 0
        var faults = 0
        var stops = 0
        var starts = 0
        var looks = 0
        var payments = 0
        var refunds = 0
        /// The first world that found something, by its number.
        var failure: (world: Int, result: SimulationResult)?

        var description: String {
            "\(worlds) worlds, \(lives) lives, \(looks) looks, \(faults) faults, \(stops) stops, \(starts) starts, \(payments) payments, "
                + "\(refunds) refunds, "
                + (failure == nil ? "nothing wrong" : "WRONG")
        }

        mutating func add(_ result: SimulationResult, world: Int) {
            worlds += 1
            lives += result.lives
            faults += result.faults
            stops += result.stops
            starts += result.starts
            looks += result.looks
            payments += result.payments
            refunds += result.refunds
            if !result.findings.isEmpty, failure.map({ world < $0.world }) ?? true { failure = (world, result) }
        }
    }

    func plan(_ world: Int) -> SimulationPlan {
        let hasMoney = world % moneyEvery == moneyEvery - 1
        let lives = hasMoney ? max(1, livesPerWorld / 4) : livesPerWorld
        return SimulationPlan(seed: seed &* 1_000_003 &+ UInt64(world), lives: Array(1...lives), hasMoney: hasMoney)
    }

    /// Lives worlds until `limit` is over, or one has found something.
    func callAsFunction(for limit: Duration, on databases: [SimulatedDatabase]) async throws -> Total {
        let progress = Progress(until: .now + limit)
        try await withThrowingTaskGroup { group in
            for database in databases {
                group.addTask {
                    while let world = progress.next() {
                        progress.add(try await Simulation(plan(world), on: database).run(), world: world)
                    }
                }
            }
            try await group.waitForAll()
        }
        return progress.total
    }

    /// Which world is next, and what those before have shown.
    private final class Progress: Sendable {
        private let deadline: ContinuousClock.Instant
        private let state = Locked((next: 0, total: Total()))

        init(until deadline: ContinuousClock.Instant) { self.deadline = deadline }

        var total: Total { state.withLock { $0.total } }

        func next() -> Int? {
            state.withLock { state in
                guard ContinuousClock.now < deadline, state.total.failure == nil else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func add(_ result: SimulationResult, world: Int) { state.withLock { $0.total.add(result, world: world) } }
    }

    /// Runs `body` with so many databases, each of its own.
    static func withDatabases(_ count: Int, _ body: ([SimulatedDatabase]) async throws -> Void) async throws {
        var databases: [SimulatedDatabase] = []
        for _ in 0..<count { databases.append(try await SimulatedDatabase(try await TestDatabase.create())) }
        let result: Result<Void, any Error>
        do { result = .success(try await body(databases)) } catch { result = .failure(error) }
        for database in databases {
            await database.close()
            try await database.test.drop()
        }
        try result.get()
    }
}
