package import Testing

/// Gives each test a virtual host of its own, as `TestBroker.current`, and deletes it afterwards.
package struct BrokerTrait: TestTrait, TestScoping {
    /// Runs one test inside its virtual host.
    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let broker = try await TestBroker.create()
        do {
            try await TestBroker.$current.withValue(broker, operation: function)
        } catch {
            try? await broker.delete()
            throw error
        }
        try await broker.delete()
    }
}

extension Trait where Self == BrokerTrait {
    /// A virtual host for this test alone: `TestBroker.current`.
    package static var broker: BrokerTrait { BrokerTrait() }
}
