import AsyncHTTPClient
import Foundation
import Glibc
import Messages
import NIOCore
import NIOHTTP1
import ServiceKit
import Synchronization
import TestKit

/// One service as a process of its own, from the executable that is shipped.
final class ServiceProcess: Sendable {
    let name: String
    /// Given once, so that the process can be found again after it was killed.
    let port: Int
    private let environment: [String: String]
    private let process = Mutex<Process?>(nil)

    /// The folder of the executables: the one that the tests themselves were built into.
    static let executables = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

    init(_ name: String, port: Int, settings: [String: String]) throws {
        self.name = name
        self.port = port
        let management = try FreePorts.choose(1)[0]
        environment = settings.merging(["HTTP_PORT": "\(port)", "MANAGEMENT_PORT": "\(management)"]) { $1 }
    }

    /// Starts the process and returns when it answers that it is ready.
    func start() async throws {
        let started = Process()
        started.executableURL = Self.executables.appending(path: name)
        started.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { $1 }
        started.standardOutput = FileHandle.nullDevice
        try started.start()
        process.withLock { $0 = started }
        try await eventually("\(name) is ready") { await isReady }
    }

    /// Whether the process says that it can do its work.
    var isReady: Bool {
        get async { await answersOK(URL(string: "http://127.0.0.1:\(environment["MANAGEMENT_PORT"] ?? "")/readyz")) }
    }

    /// Ends the process as a crash would.
    func kill() { end(with: SIGKILL) }

    /// Asks the process to end; its exit code.
    func terminate() -> Int32? { end(with: SIGTERM) }

    @discardableResult
    private func end(with signal: Int32) -> Int32? {
        process.withLock { process in
            guard let running = process else { return nil }
            Glibc.kill(running.processIdentifier, signal)
            running.waitUntilExit()
            process = nil
            return running.terminationReason == .exit ? running.terminationStatus : -running.terminationStatus
        }
    }
}

/// Whether an address answers 200.
private func answersOK(_ url: URL?) async -> Bool {
    guard let url, let answer = try? await HTTPClient.shared.execute(HTTPClientRequest(url: url.absoluteString), timeout: .seconds(2))
    else {
        return false
    }
    _ = try? await answer.body.collect(upTo: 1 << 20)
    return answer.status == .ok
}
