import Foundation
import TestKit
import Testing

@testable import StripeSandbox

/// Runs `Official/life.py` with Debian's python3-stripe; what it asserts stands there.
@Suite("The life of a business, by Stripe's own Python library")
struct OfficialLibraryLifeTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Official/life.py").path

    /// Seconds until the script is taken to hang; it needs a few.
    private static let deadline = "120"

    @Test("from the first session to the last event, in both shapes", arguments: ["2024-06-20", "2026-05-27.dahlia"])
    func life(version: String) async throws {
        try await withSandbox { _, url async throws in
            let (status, said) = try await Self.python([Self.script, url, "--version", version])
            #expect(status == 0, "\(said)")
            #expect(said.contains("answers to Stripe's library"), "\(said)")
        }
    }

    @Test("a state that differs ends it")
    func fails() async throws {
        try await withSandbox { sandbox, url async throws in
            let lie = #"{"path": "/v1/refunds$", "status": 200, "body": {"object": "refund", "status": "pending", "amount": 700}}"#
            await sandbox.setFaults([try JSONDecoder().decode(Fault.self, from: Data(lie.utf8))])
            let (status, said) = try await Self.python([Self.script, url, "--version", "2026-05-27.dahlia"])
            #expect(status == 1)
            #expect(said.contains("AssertionError: the refund: ('pending', 700), not ('succeeded', 700)"), "\(said)")
        }
    }

    /// The exit code, and all that was printed.
    private static func python(_ arguments: [String]) async throws -> (Int32, String) {
        try await RawConnection.onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/timeout")
            process.arguments = [deadline, "/usr/bin/python3", "-B"] + arguments
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: said, as: UTF8.self))
        }
    }
}
