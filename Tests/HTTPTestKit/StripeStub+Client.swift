import Logging
package import Stripe

extension StripeStub {
    /// Runs `body` with a client of a stub that gives the scripted answers; the client is closed afterwards. Nothing is logged. `pause`
    /// is called instead of waiting between tries.
    package static func servingClient<Result>(
        _ script: [StripeStubAnswer], key: String = "sk_test_stub", timeout: Duration = .seconds(10), maxRetries: Int = 0,
        pace: RequestPace? = nil, pause: (@Sendable (Duration) async throws -> Void)? = nil,
        _ body: (StripeClient, StripeStub) async throws -> Result
    ) async throws -> Result {
        try await serving(script) { stub in
            let configuration = try StripeConfiguration(secretKey: key, apiBase: stub.url, timeout: timeout, maxRetries: maxRetries)
            let quiet = Logger(label: "stripe", factory: { _ in SwiftLogNoOpLogHandler() })
            let client =
                if let pause {
                    StripeClient(configuration: configuration, logger: quiet, pace: pace, pause: pause)
                } else {
                    StripeClient(configuration: configuration, logger: quiet, pace: pace)
                }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(client, stub)) } catch { result = .failure(error) }
            await client.close()
            return try result.get()
        }
    }
}
