import Logging
import ServiceLifecycle

/// The account, its clock, its listener and its webhook sender, as one service.
package struct SandboxService: Service {
    /// The account and its clock, for tests in the same process.
    package let sandbox: Sandbox
    let parts: [any Service]
    let logger: Logger

    /// Runs until it is told to shut down or cancelled.
    package func run() async throws {
        try await ServiceGroup(configuration: .init(services: parts, logger: logger)).run()
    }
}
