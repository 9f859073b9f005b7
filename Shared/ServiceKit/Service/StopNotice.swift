import ServiceLifecycle

/// Stands last in the list of services, so that a shutdown reaches it first: from then on the service is not ready.
struct StopNotice: Service {
    let readiness: Readiness
    let onStop: @Sendable () -> Void

    func run() async throws {
        try? await gracefulShutdown()
        readiness.isStopping()
        onStop()
    }
}
