import Logging
import ServiceLifecycle

/// The account, its clock, its listener and its webhook sender, as one service.
package struct SandboxService: Service {
    /// The account and its clock, for tests in the same process.
    package let sandbox: Sandbox
    let config: SandboxConfig
    /// Where the state is kept; nil keeps it in memory.
    let file: StateFile?
    let parts: [any Service]
    let logger: Logger

    /// Runs until it is told to shut down or cancelled.
    package func run() async throws {
        guard let file else { return try await serve() }
        do {
            try await sandbox.open(file, config)
            try await serve()
            // What was answered is saved; this is for what fell due since.
            try? await sandbox.save()
        } catch {
            await file.close()
            throw error
        }
        await file.close()
    }

    private func serve() async throws {
        try await ServiceGroup(configuration: .init(services: parts, logger: logger)).run()
    }
}
