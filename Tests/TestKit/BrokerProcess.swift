import Foundation

/// A child process that knows nothing of our environment, its output going to a file.
struct BrokerProcess {
    /// The process started; a script's own children have other ids.
    let processID: Int32

    /// Starts `executable` and does not wait for it.
    init(_ executable: String, _ arguments: [String], environment: [String: String], log: URL) throws {
        let process = try Self.prepared(executable, arguments, environment, log)
        try process.start()
        processID = process.processIdentifier
    }

    /// Runs `executable` to its end and returns what it printed; throws that when it fails.
    @discardableResult
    static func output(_ executable: String, _ arguments: [String], environment: [String: String], log: URL) async throws -> String {
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            do {
                let process = try prepared(executable, arguments, environment, log)
                process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
                try process.start()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        let printed = try String(contentsOf: log, encoding: .utf8)
        guard status == 0 else { throw BrokerTestError("\(executable) \(arguments): \(status) \(printed)") }
        return printed
    }

    /// Whether a process with this id exists, dead ones not yet waited for excluded.
    static func isRunning(_ processID: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
        // pid (name) state …; the name may contain anything but ends with the last parenthesis.
        return status.split(separator: ")").last?.dropFirst().first != "Z"
    }

    private static func prepared(
        _ executable: String, _ arguments: [String], _ environment: [String: String], _ log: URL
    ) throws -> Process {
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        return process
    }
}
