import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// The command line: flags in place of settings, all others from the environment.
///
/// Ends with 64 (`EX_USAGE`) for a flag that does not exist or has no number where one must be, with 78 (`EX_CONFIG`) for settings that
/// cannot be used.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stripe-sandbox",
        abstract: "A stand-in for Stripe at the wire. For development and tests only.",
        discussion: """
            Settings are read from the environment; a flag takes the place of the setting that it names. Required are \
            STRIPE_WEBHOOK_SECRET, STRIPE_PRICE_BASIC and STRIPE_PRICE_PREMIUM; the README lists the others. The account is in \
            memory, or in a file where one is named.
            """)

    @Option(help: ArgumentHelp("Decides what chaos does (SANDBOX_SEED).", valueName: "number"))
    var seed: Int?

    @Option(help: ArgumentHelp("A chaos profile: what goes wrong, and how often (SANDBOX_CHAOS).", valueName: "file"))
    var chaos: String?

    @Option(help: ArgumentHelp("Keeps the account from start to start (SANDBOX_STATE).", valueName: "file"))
    var state: String?

    @Option(help: ArgumentHelp("The address to listen on (HTTP_HOST).", valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("The port to listen on; 0 takes a free one (HTTP_PORT).", valueName: "number"))
    var port: Int?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let config: SandboxConfig
        do {
            config = try settings(of: environment)
        } catch {
            FileHandle.standardError.write(Data("stripe-sandbox: \(error)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
        var logger = Logger(label: "stripe-sandbox")
        if let level = environment["LOG_LEVEL"].flatMap({ Logger.Level(rawValue: $0) }) { logger.logLevel = level }
        let service = try buildSandbox(config, logger: logger)
        var group = ServiceGroupConfiguration(
            services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // What was answered is safe or meant to be lost: a request that is held by a fault's delay is not worth waiting for.
        group.maximumGracefulShutdownDuration = .seconds(1)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as SandboxStateError {
            FileHandle.standardError.write(Data("stripe-sandbox: \(error)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
    }

    /// The settings of an environment, with the flags in their places.
    ///
    /// - Throws: `SandboxConfigError`; it names the flag of whatever came by one.
    func settings(of environment: [String: String]) throws(SandboxConfigError) -> SandboxConfig {
        let flags = flags
        do throws(SandboxConfigError) {
            return try SandboxConfig(environment: environment.merging(flags.map { ($0.setting, $0.value) }) { $1 })
        } catch {
            let problems = error.problems.map { problem -> String in
                guard let flag = flags.first(where: { problem.hasPrefix($0.setting) }) else { return problem }
                return "--\(flag.name)\(problem.dropFirst(flag.setting.count))"
            }
            throw SandboxConfigError(problems: problems)
        }
    }

    private var flags: [(name: String, setting: String, value: String)] {
        let all = [
            ("seed", "SANDBOX_SEED", seed.map { String($0) }), ("chaos", "SANDBOX_CHAOS", chaos), ("state", "SANDBOX_STATE", state),
            ("host", "HTTP_HOST", host),
            ("port", "HTTP_PORT", port.map { String($0) }),
        ]
        return all.compactMap { name, setting, value in value.map { (name: name, setting: setting, value: $0) } }
    }
}
