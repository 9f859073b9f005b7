import Foundation
import Glibc
import TestKit

/// The sandbox as a process of its own, from the executable that is shipped.
enum SandboxProcess {
    /// Beside the tests, which the same build has made.
    static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "StripeSandbox")

    /// Runs it to its end; answers its exit code and what it said on standard error.
    static func run(_ arguments: [String], environment: [String: String]) throws -> (status: Int32, errors: String) {
        let errors = Pipe()
        let process = prepared(arguments, environment)
        process.standardError = errors
        try process.start()
        let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said)
    }

    /// Starts it and does not wait for it.
    static func start(_ arguments: [String], environment: [String: String]) throws -> Process {
        let process = prepared(arguments, environment)
        try process.start()
        return process
    }

    /// Ends it as a crash would.
    static func kill(_ process: Process) {
        guard process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func prepared(_ arguments: [String], _ environment: [String: String]) -> Process {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        return process
    }
}
