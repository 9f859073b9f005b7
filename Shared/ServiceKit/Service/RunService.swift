import Dispatch
import Foundation
import Logging
import Metrics
import ServiceLifecycle
import UnixSignals

/// The whole `main.swift` of a service: `try await runService("checkout", build: buildCheckout)`.
///
/// Settings come from the environment, log lines go to standard output, SIGTERM and SIGINT shut down gracefully and end the process with 0
/// within 10 s. Unusable settings are printed to standard error in plain words and end it with 78 (`EX_CONFIG`); any other failure is
/// logged and ends it with 1.
package func runService(_ name: String, build: (ServiceFoundation) throws -> ServiceParts) async throws {
    // A peer that hangs up is an error of one write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let settings = Settings()
    let level = settings.choice("LOG_LEVEL", default: Logger.Level.info)
    let format = settings.choice("LOG_FORMAT", default: LogFormat.json)
    LoggingSystem.bootstrap(
        { _, provider in LineLogHandler(service: name, format: format, level: level, metadataProvider: provider) },
        metadataProvider: .current)
    MetricsSystem.bootstrap(PrometheusRegistry.shared)
    let logger = Logger(label: name)
    do {
        try await serve(
            name: name, settings: settings, logger: logger, signals: [.sigterm, .sigint], build: build,
            onReady: { addresses in
                logger.notice("ready", metadata: ["port": "\(addresses.port)", "management_port": "\(addresses.managementPort)"])
            },
            onStop: { endAtLatest(logger) })
        logger.notice("stopped")
    } catch let error as SettingsError {
        FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
        exit(EX_CONFIG)
    } catch {
        logger.critical("failed", metadata: ["error": .string(String(reflecting: error))])
        exit(EXIT_FAILURE)
    }
}

/// Ends the process when its shutdown takes too long, however little the rest of it cooperates. By a timer of a thread, because the tasks of
/// a process that does not end may be what is stuck.
private func endAtLatest(_ logger: Logger) {
    let seconds = Double(ShutdownTimes.atLatest.components.seconds)
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
        logger.critical("did not end in time")
        exit(EXIT_SUCCESS)
    }
}

/// How long a service may take to end. An operator's system kills what is still there 10 s after it asked (deploy/local; Kubernetes waits
/// 30 s).
enum ShutdownTimes {
    /// Then whatever still runs is cancelled.
    static let graceful: Duration = .seconds(7)
    /// Then the process ends, whatever still runs: all work is transactional, so nothing is half done.
    static let atLatest: Duration = .seconds(9)
}
