import Foundation
import HTTPTestKit
import Messages
import TestKit
import Testing

@testable import StripeSandbox

@Suite("The real executables")
struct ProcessTests {
    private static let executables: [(ServiceName, String)] = [
        (.checkout, "Checkout"), (.webhook, "Webhook"), (.refund, "Refund"), (.analytics, "Analytics"),
        (.enforcement, "SubscriptionEnforcement"),
    ]

    @Test(
        "kill -9 of a service in the middle of the story changes nothing about its end", .database, .broker,
        arguments: executables.map(\.1))
    func killed(victim: String) async throws {
        try await running { system, processes in
            let process = try #require(processes.first { $0.name == victim })
            let story = Story(user: "user_story", system: system) {
                process.kill()
                try await process.start()
            }
            try await story.play()
            try await system.allSealed()
            try await #expect(system.faults() == [], "whoever was killed while sealing")
        }
    }

    @Test("a service whose settings are missing names them all and exits with 78")
    func missingSettings() throws {
        let process = Process()
        process.executableURL = ServiceProcess.executables.appending(path: "Checkout")
        process.environment = ["PATH": "/usr/bin:/bin", "STRIPE_PRICE_BASIC": "price_basic"]
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.start()
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 78)
        for name in ["DATABASE_URL", "AMQP_URL", "STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_PRICE_PREMIUM", "AUTH_JWT_SECRET"] {
            #expect(said.contains(name))
        }
        #expect(!said.contains("STRIPE_PRICE_BASIC"))
    }

    /// Runs every service as a process while `body` does; each ends with 0 when asked to.
    private func running(_ body: @Sendable (RunningSystem, [ServiceProcess]) async throws -> Void) async throws {
        let database = try #require(TestDatabase.current)
        let broker = try #require(TestBroker.current)
        try await broker.importTopology()
        let config = SandboxConfig(
            basicPrice: "price_basic", premiumPrice: "price_premium", clockStart: Int(Date().timeIntervalSince1970))
        try await withSandbox(config) { sandbox, stripeURL in
            let ports = try FreePorts.choose(Self.executables.count)
            let addresses = RunningSystem.addresses(Self.executables.map(\.0), ports)
            let processes = try zip(Self.executables, ports).map { service, port in
                var settings = RunningSystem.commonSettings(stripeURL: stripeURL, broker: broker)
                settings.merge(database.settings(of: service.0.rawValue)) { $1 }
                settings.merge(addresses) { $1 }
                return try ServiceProcess(service.1, port: port, settings: settings)
            }
            defer { for process in processes { process.kill() } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in processes { group.addTask { try await process.start() } }
                try await group.waitForAll()
            }
            await sandbox.setWebhookURLs(["http://127.0.0.1:\(processes[1].port)/api/payment/webhook"])
            let urls = zip(Self.executables, processes).map { ($0.0, "http://127.0.0.1:\($1.port)") }
            let system = RunningSystem(
                sandbox: sandbox, database: database, broker: broker, urls: Dictionary(uniqueKeysWithValues: urls))
            try await body(system, processes)
            for process in processes { #expect(process.terminate() == 0, "\(process.name) ends with 0") }
        }
    }
}
