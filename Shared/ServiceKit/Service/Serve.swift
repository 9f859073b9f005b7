import CoreMetrics
package import Foundation
import Hummingbird
package import Logging
import ServiceLifecycle
package import UnixSignals

/// Runs one service until it is shut down gracefully, cancelled, or fails; the heart of `runService`, also for services inside tests.
///
/// The order: compose (no I/O), report all unusable settings together, open the management listener, wait for the database and migrate
/// it, begin the workers and open the public listener. Shutdown goes backwards: the public listener answers what it has begun, the
/// workers end from the last to the first, the database connections close.
///
/// - Parameters:
///   - name: the service, as it is called in logs and metrics.
///   - settings: where settings come from.
///   - logger: the root of all its loggers.
///   - now: the clock that tokens are judged by.
///   - limits: what connections may ask; tests shorten the deadlines.
///   - signals: signals that begin a graceful shutdown.
///   - build: composes the parts.
///   - onReady: called once, when both listeners are open and the workers have begun.
///   - onStop: called when the shutdown begins.
/// - Throws: `SettingsError`, `UnsafeDatabase`, or what a part of the service failed with.
package func serve(
    name: String, settings: Settings, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }, limits: HTTPLimits = HTTPLimits(),
    signals: [UnixSignal] = [], build: (ServiceFoundation) throws -> ServiceParts,
    onReady: @escaping @Sendable (ServiceAddresses) async -> Void = { _ in }, onStop: @escaping @Sendable () -> Void = {}
) async throws {
    let foundation = ServiceFoundation(name: name, settings: settings, logger: logger, now: now)
    let parts = try build(foundation)
    let configuration = ListenerConfiguration(settings: settings)
    let crossOrigin = CrossOrigin(settings: settings)
    let allowsUnsafeDatabase = settings.flag("ALLOW_UNSAFE_DATABASE", default: false)
    let owner = foundation.owner()
    try settings.validate()
    try await foundation.authenticatorInUse?.prepare()

    let gate = StartGate()
    let pool = foundation.postgresInUse
    let readiness = Readiness(checks: parts.readiness + (pool.map { [.database($0)] } ?? []))
    let ports = BoundPorts(host: configuration.host, onBoth: onReady)
    let log = AccessLog(logger: logger, metrics: RequestMetrics(registry: .shared, service: name))
    let router = PublicRoutes(crossOrigin: crossOrigin, log: log, logger: logger).router(adding: parts.routes)
    let management = Listener(
        responder: Management(readiness: readiness, registry: .shared).router().buildResponder(), host: configuration.host,
        port: configuration.managementPort, channel: GuardedChannel.server(limits: limits), logger: logger, onOpen: ports.setManagement)
    let database = DatabaseStart(
        pool: pool, owner: pool == nil ? nil : owner, schema: parts.schema, allowsUnsafeDatabase: allowsUnsafeDatabase, gate: gate,
        readiness: readiness,
        logger: logger)
    let listener = Listener(
        responder: router.buildResponder(), host: configuration.host, port: configuration.port,
        channel: GuardedChannel.server(limits: limits, direct: parts.direct.isEmpty ? nil : (parts.direct, log)), logger: logger,
        onOpen: { port in
            readiness.hasStarted()
            await ports.setPublic(port)
        })

    let services: [any Service] =
        [management, database] + parts.workers.map { BehindGate(gate: gate, service: $0) }
        + [BehindGate(gate: gate, service: listener), StopNotice(readiness: readiness, onStop: onStop)]
    var group = ServiceGroupConfiguration(
        services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
        gracefulShutdownSignals: signals,
        logger: logger)
    group.maximumGracefulShutdownDuration = ShutdownTimes.graceful
    try await ServiceGroup(configuration: group).run()
}
