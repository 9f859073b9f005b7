import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs the sandbox with the settings of the environment until SIGTERM or SIGINT.
func runSandbox() async throws {
    var logger = Logger(label: "stripe-sandbox")
    let environment = ProcessInfo.processInfo.environment
    if let level = environment["LOG_LEVEL"].flatMap({ Logger.Level(rawValue: $0) }) { logger.logLevel = level }
    let config: SandboxConfig
    do {
        config = try SandboxConfig(environment: environment)
    } catch {
        logger.critical("cannot start", metadata: ["problems": "\(error)"])
        exit(1)
    }
    let service = try buildSandbox(config, logger: logger)
    var group = ServiceGroupConfiguration(
        services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // All state is in memory: a request that is held by a fault's delay is not worth waiting for.
    group.maximumGracefulShutdownDuration = .seconds(1)
    try await ServiceGroup(configuration: group).run()
}
