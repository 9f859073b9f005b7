package import Logging

/// A sandbox that can be run.
///
/// - Parameter onBound: called with the port once it listens; matters where the configured port is 0.
package func buildSandbox(
    _ config: SandboxConfig, logger: Logger, onBound: @escaping @Sendable (Int) async -> Void = { _ in }
) throws -> SandboxService {
    let sandbox = Sandbox(config)
    let file = config.statePath.map { StateFile(path: $0) }
    let server = SandboxServer(
        front: HTTPFront(sandbox: sandbox, pages: try Pages(sandbox: sandbox), console: try Console(sandbox: sandbox)),
        host: config.host, port: config.port, logger: logger,
        onBound: { port in
            await sandbox.setPublicURL(config.publicURL ?? "http://\(config.host):\(port)")
            logger.info("sandbox listening", metadata: ["host": "\(config.host)", "port": "\(port)"])
            await onBound(port)
        })
    let sender = WebhookSender(sandbox: sandbox, logger: logger)
    return SandboxService(
        sandbox: sandbox, config: config, file: file, parts: [Ticker(sandbox: sandbox), sender, server], logger: logger)
}
