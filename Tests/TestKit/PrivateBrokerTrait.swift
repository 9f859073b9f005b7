package import Testing

/// Starts one RabbitMQ node for a whole suite, as `PrivateBroker.current`, and removes it afterwards.
package struct PrivateBrokerTrait: SuiteTrait, TestScoping {
    /// Runs a suite with its node.
    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let broker = try await PrivateBroker.start()
        do {
            try await PrivateBroker.$current.withValue(broker, operation: function)
        } catch {
            try? await broker.discard()
            throw error
        }
        try await broker.discard()
    }
}

extension Trait where Self == PrivateBrokerTrait {
    /// A RabbitMQ node for this suite alone: `PrivateBroker.current`. The suite must be `.serialized`.
    package static var privateBroker: PrivateBrokerTrait { PrivateBrokerTrait() }
}
