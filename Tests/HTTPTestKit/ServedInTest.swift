package import Logging
package import ServiceKit
import ServiceLifecycle

/// A service to be run inside a test, on ports that the system chooses.
package struct ServedInTest: Sendable {
    fileprivate let name: String
    fileprivate let settings: [String: String]
    fileprivate let build: @Sendable (ServiceFoundation) throws -> ServiceParts

    /// A service by its own build function. What every service needs to listen is added to `settings`.
    package init(_ name: String, settings: [String: String], build: @escaping @Sendable (ServiceFoundation) throws -> ServiceParts) {
        self.name = name
        self.settings = settings.merging(["HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "MANAGEMENT_PORT": "0"]) { given, _ in given }
        self.build = build
    }

    /// Runs `services` while `body` does, and ends them gracefully, as SIGTERM would. `body` gets their addresses, in their order, once all
    /// are ready. Only what goes wrong is of interest in a test's output: from `logLevel` on.
    package static func running<Result>(
        _ services: [ServedInTest], logLevel: Logger.Level = .critical, _ body: ([ServiceAddresses]) async throws -> Result
    ) async throws -> Result {
        var logger = Logger(label: "served")
        logger.logLevel = logLevel
        let (ready, announce) = AsyncStream.makeStream(of: (number: Int, addresses: ServiceAddresses).self)
        let group = ServiceGroup(
            services: services.enumerated().map { number, service in
                Running(service: service, logger: logger) { announce.yield((number, $0)) }
            }, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announce.finish() }
                try await group.run()
            }
            var addresses: [Int: ServiceAddresses] = [:]
            for await service in ready {
                addresses[service.number] = service.addresses
                if addresses.count == services.count { break }
            }
            let result: Swift.Result<Result, any Error>
            do {
                guard addresses.count == services.count else { throw NeverReady() }
                result = .success(try await body(services.indices.compactMap { addresses[$0] }))
            } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    /// A service ended before it was ready; what it failed with is thrown instead, where it failed.
    private struct NeverReady: Error {}

    private struct Running: Service {
        let service: ServedInTest
        let logger: Logger
        let onReady: @Sendable (ServiceAddresses) -> Void

        func run() async throws {
            try await serve(
                name: service.name, settings: Settings(service.settings), logger: logger, build: service.build, onReady: { onReady($0) })
        }
    }
}

extension ServiceAddresses {
    /// The public listener's address.
    package var url: String { "http://\(host):\(port)" }
}
