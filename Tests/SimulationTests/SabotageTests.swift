import TestKit
import Testing

@Suite("What the simulation finds when the code is broken on purpose")
struct SabotageTests {
    /// Worlds are lived until one finds something; a program that is whole lives through hundreds of them.
    @Test("is found", .database, arguments: Sabotage.allCases)
    func found(_ sabotage: Sabotage) async throws {
        let database = try await SimulatedDatabase(try #require(TestDatabase.current))
        var found: [String] = []
        for world in 0..<20 where found.isEmpty {
            var plan = Run(seed: 7, livesPerWorld: 40).plan(world)
            plan.sabotage = sabotage
            found = try await Simulation(plan, on: database).run().findings.map(\.text)
        }
        await database.close()
        #expect(found.contains { $0.hasPrefix("WRONG") || $0.hasPrefix("MISSED") || $0.hasPrefix("the generations") }, "\(found.prefix(3))")
    }
}
