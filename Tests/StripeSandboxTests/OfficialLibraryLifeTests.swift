import Foundation
import TestKit
import Testing

@testable import StripeSandbox

/// Runs the programs of `Official` with Debian's python3-stripe and python3-jsonschema, and localstripe from PyPI; what they assert stands
/// there.
///
/// Stripe's OpenAPI document, its example objects and the event sequences are not the project's: where they lie beside it, under
/// `shared/stripe`, the sandbox is held to them too.
@Suite("The life of a business, by Stripe's own Python library")
struct OfficialLibraryLifeTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Official")
    private static let life = folder.appending(path: "life.py").path

    /// What is Stripe's, beside the project.
    private static let official = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/stripe")
        .standardized

    private static var hasOfficial: Bool { FileManager.default.fileExists(atPath: official.appending(path: "spec-trimmed.json").path) }
    private static var hasSequences: Bool { FileManager.default.fileExists(atPath: official.appending(path: "sequences/index.json").path) }

    /// Where localstripe's Python packages are, if they could be had.
    private static let peerPackages = ProcessInfo.processInfo.environment["TEST_LOCALSTRIPE"]

    /// Seconds until a program is taken to hang; it needs a tenth of that.
    private static let deadline = "300"

    @Test("from the first session to the last event, in both shapes", arguments: ["2024-06-20", "2026-05-27.dahlia"])
    func life(version: String) async throws {
        try await withSandbox { _, url async throws in
            let (status, said) = try await Self.python([Self.life, url, "--version", version])
            #expect(status == 0, "\(said)")
            #expect(said.contains("answers to Stripe's library"), "\(said)")
        }
    }

    @Test(
        "every answer and event of it is valid by Stripe's document, and has the members of its examples",
        .enabled(if: hasOfficial, "Stripe's document is not there"))
    func schema() async throws {
        try await withSandbox { _, url async throws in
            let rules = [
                "--schema", Self.official.appending(path: "spec-trimmed.json").path, "--fixtures",
                Self.official.appending(path: "fixtures").path,
            ]
            let (status, said) = try await Self.python([Self.life, url] + rules)
            #expect(status == 0, "\(said)")
            let checked = try #require(said.firstMatch(of: /(\d+) of them checked by the schema, 0 violations/), "\(said)")
            #expect(Int(checked.1) ?? 0 > 200, "\(said)")
        }
    }

    @Test(
        "recorded event sequences differ in nothing but what has a reason", .enabled(if: hasSequences, "the sequences are not there"))
    func sequences() async throws {
        let program = Self.folder.appending(path: "sequences.py").path
        let arguments = [program, SandboxProcess.executable.path, "--sequences", Self.official.appending(path: "sequences").path]
        let (status, said) = try await Self.python(arguments)
        #expect(status == 0, "\(said)")
        let compared = try #require(said.firstMatch(of: /sequences: (\d+) stories, (\d+) events compared, 0 differences/), "\(said)")
        #expect(Int(compared.1) ?? 0 > 30 && Int(compared.2) ?? 0 > 600, "\(said)")
    }

    @Test(
        "what localstripe can do ends in the same states there",
        .enabled(if: peerPackages != nil, "localstripe could not be fetched from PyPI"))
    func localstripe() async throws {
        let program = Self.folder.appending(path: "localstripe_compare.py").path
        try await withSandbox { _, url async throws in
            let (status, said) = try await Self.python([program, url], packages: Self.peerPackages)
            #expect(status == 0, "\(said)")
            let compared = try #require(said.firstMatch(of: /localstripe: (\d+) steps, (\d+) members alike, 0 different/), "\(said)")
            #expect(Int(compared.1) ?? 0 >= 30 && Int(compared.2) ?? 0 > 120, "\(said)")
        }
    }

    @Test("a state that differs ends it")
    func fails() async throws {
        try await withSandbox { sandbox, url async throws in
            let lie = #"{"path": "/v1/refunds$", "status": 200, "body": {"object": "refund", "status": "pending", "amount": 700}}"#
            await sandbox.setFaults([try JSONDecoder().decode(Fault.self, from: Data(lie.utf8))])
            let (status, said) = try await Self.python([Self.life, url, "--version", "2026-05-27.dahlia"])
            #expect(status == 1)
            #expect(said.contains("AssertionError: the refund: ('pending', 700), not ('succeeded', 700)"), "\(said)")
        }
    }

    /// The exit code, and all that was printed.
    private static func python(_ arguments: [String], packages: String? = nil) async throws -> (Int32, String) {
        try await RawConnection.onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/timeout")
            process.arguments = [deadline, "/usr/bin/python3", "-B"] + arguments
            if let packages { process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": packages]) { $1 } }
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.start()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: said, as: UTF8.self))
        }
    }
}
