import Foundation
import TestKit
import Testing

@Suite("Lives in a simulated world")
struct SimulationTests {
    private static func setting(_ name: String, _ usual: Double) -> Double {
        ProcessInfo.processInfo.environment[name].flatMap(Double.init) ?? usual
    }

    /// `deploy/local simulate` runs this one, and shows what it says.
    @Test("nobody who pays is stopped, and nobody who does not pay goes on")
    func lives() async throws {
        let run = Run(seed: UInt64(Self.setting("SIMULATION_SEED", 1)))
        try await Run.withDatabases(run.width) { databases in
            let begun = ContinuousClock.now
            let total = try await run(for: .seconds(60 * Self.setting("SIMULATION_MINUTES", 2)), on: databases)
            if let (world, result) = total.failure {
                for finding in result.findings.prefix(20) { Self.say("world \(world), life \(finding.life): \(finding.text)") }
                var shrink = Shrink(run.plan(world), result, on: databases[0])
                let small = try await shrink()
                Self.say(small.result.story.joined(separator: "\n"))
                Self.say("found in \(small.plan), with the faults \(small.result.struck):")
                for finding in small.result.findings { Self.say("life \(finding.life): \(finding.text)") }
            }
            let seconds = Int((ContinuousClock.now - begun) / .seconds(1))
            #expect(total.lives > 0)
            #expect((total.failure?.result.findings.map(\.text) ?? []) == [])
            Self.say("seed \(run.seed): \(total) in \(seconds) s")
        }
    }

    @Test(
        "the same plan is the same run, event by event, also when the machine has something else to do", .database,
        arguments: [false, true])
    func repeated(hasMoney: Bool) async throws {
        let database = try await SimulatedDatabase(try #require(TestDatabase.current))
        var plan = Run(seed: UInt64(Self.setting("SIMULATION_SEED", 3)), livesPerWorld: hasMoney ? 40 : 25, moneyEvery: hasMoney ? 1 : .max)
            .plan(0)
        plan.isTold = true
        let first = try await Simulation(plan, on: database).run().story
        let second = try await withThrowingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {}
                return nil as [String]?
            }
            group.addTask { [plan] in try await Simulation(plan, on: database).run().story }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        await database.close()
        #expect(first.count > 500 && first.contains { $0.contains(" is killed at: ") })
        let different = zip(first, second ?? []).first { $0 != $1 }
        #expect(first.count == second?.count && different == nil, "\(String(describing: different))")
    }

    /// What was found, as small as it was made: as it was printed.
    private static let found = [
        // A database's clock that was set back a day made each key of a refund too old, and it was never asked for.
        SimulationPlan(
            seed: 12_000_055, lives: [1],
            without: [
                "rateLimited", "stale", "silent", "reordered", "late", "hangUp", "slow", "never", "freeze", "wrongMode", "lost",
                "serverError",
                "databaseClock 2", "crash", "databaseClock 1", "databaseClock 3", "missing", "duplicate", "refused", "half", "outage",
                "kill",
            ], hasMoney: true),
        // The one event of a trial never came.
        SimulationPlan(
            seed: 21_000_065, lives: [14],
            without: [
                "stale", "kill", "wrongMode", "silent", "rateLimited", "crash", "databaseClock", "slow", "serverError", "reordered",
                "missing",
                "late", "lost", "duplicate", "hangUp", "half", "freeze", "refused",
                "never enforcement.stripe-events evt_14_12 invoice.marked_uncollectible", "outage",
            ]),
        // The second read of a stop was begun within the minute, and took long.
        SimulationPlan(
            seed: 21_000_071, lives: [4],
            without: [
                "kill", "never", "stale", "hangUp", "freeze", "outage", "databaseClock", "refused", "silent", "duplicate", "crash",
                "reordered enforcement.stripe-events evt_4_9 customer.subscription.created",
            ]),
    ]

    @Test("what was found once is lived again, and nothing is wrong with it", .database)
    func foundBefore() async throws {
        let database = try await SimulatedDatabase(try #require(TestDatabase.current))
        for plan in Self.found {
            let result = try await Simulation(plan, on: database).run()
            #expect(result.findings.map(\.text) == [], "\(plan)")
            #expect(!result.struck.isEmpty)
        }
        await database.close()
    }

    private static func say(_ text: String) {
        // lint:allow print because what a simulation has to say is its output
        print(text)
    }
}
