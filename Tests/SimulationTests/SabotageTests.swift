import TestKit
import Testing

@Suite("What the simulation finds when the code is broken on purpose")
struct SabotageTests {
    private static let kinds = ["WRONG", "MISSED", "the generations", "STATE", "PAYMENT", "REFUND", "FORGOTTEN"]

    /// Worlds are lived until one finds something; a program that is whole lives through hundreds of them.
    @Test("is found", .database, arguments: Sabotage.allCases)
    func found(_ sabotage: Sabotage) async throws {
        let database = try await SimulatedDatabase(try #require(TestDatabase.current))
        var found: [String] = []
        for world in sabotage.seenIn..<sabotage.seenIn + 20 where found.isEmpty {
            let run = Run(seed: 7, livesPerWorld: sabotage.isAboutMoney ? 100 : 40, moneyEvery: sabotage.isAboutMoney ? 1 : .max)
            var plan = run.plan(world)
            plan.sabotage = sabotage
            // Money is on its way for long where it is debited.
            if sabotage == .ignoreFlight { plan.method = .sepa }
            found = try await Simulation(plan, on: database).run().findings.map(\.text)
        }
        await database.close()
        #expect(found.contains { text in Self.kinds.contains { text.hasPrefix($0) } }, "\(found.prefix(3))")
    }
}
