package import Testing

/// Starts a PostgreSQL server for one test, as `PrivatePostgres.current`, and removes it afterwards.
package struct PrivatePostgresTrait: TestTrait, TestScoping {
    /// Runs a test with its server.
    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try await PrivatePostgres.start()
        do {
            try await PrivatePostgres.$current.withValue(server, operation: function)
        } catch {
            try? await server.discard()
            throw error
        }
        try await server.discard()
    }
}

extension Trait where Self == PrivatePostgresTrait {
    /// A PostgreSQL server for this test alone: `PrivatePostgres.current`.
    package static var privatePostgres: PrivatePostgresTrait { PrivatePostgresTrait() }
}
