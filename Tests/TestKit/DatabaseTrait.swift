package import Testing

/// Gives each test a database of its own, as `TestDatabase.current`, and drops it afterwards. On a suite it holds for every test in it.
package struct DatabaseTrait: TestTrait, SuiteTrait, TestScoping {
    /// True: each test of a suite gets its own database.
    package let isRecursive = true

    /// Runs one test with its database.
    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await DatabaseSlots.shared.take()
        do {
            try await run(function)
        } catch {
            await DatabaseSlots.shared.giveBack()
            throw error
        }
        await DatabaseSlots.shared.giveBack()
    }

    private func run(_ function: @concurrent @Sendable () async throws -> Void) async throws {
        let database = try await TestDatabase.create()
        do {
            try await TestDatabase.$current.withValue(database, operation: function)
        } catch {
            try? await database.drop()
            throw error
        }
        try await database.drop()
    }
}

extension Trait where Self == DatabaseTrait {
    /// A database for this test alone, or for each test of this suite: `TestDatabase.current`.
    package static var database: DatabaseTrait { DatabaseTrait() }
}
