package import Logging
import ServiceLifecycle

/// Runs a sandbox while `body` uses it, for tests in the same process.
///
/// `body` gets the account and the address it listens on. The sandbox stops when `body` ends, in whatever way.
///
/// - Throws: what `body` throws, or why the sandbox could not start.
package func withSandbox<Value: Sendable>(
    _ config: SandboxConfig = SandboxConfig(), logger: Logger = Logger(label: "stripe-sandbox"),
    _ body: (_ sandbox: Sandbox, _ url: String) async throws -> Value
) async throws -> Value {
    let (ports, bound) = AsyncStream<Int>.makeStream()
    let service = try buildSandbox(config, logger: logger, onBound: { bound.yield($0) })
    let services = ServiceGroup(configuration: .init(services: [service], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { bound.finish() }
            try await services.run()
        }
        for await port in ports {
            let result: Result<Value, any Error>
            do { result = .success(try await body(service.sandbox, "http://\(config.host):\(port)")) } catch { result = .failure(error) }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            return try result.get()
        }
        try await group.waitForAll()
        throw SandboxConfigError(problems: ["the sandbox stopped before it listened"])
    }
}
