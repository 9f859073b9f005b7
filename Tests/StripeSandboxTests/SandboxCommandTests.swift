import ArgumentParser
import Foundation
import Testing

@testable import StripeSandbox

@Suite("The command line")
struct SandboxCommandTests {
    private static let environment = [
        "STRIPE_WEBHOOK_SECRET": "whsec_1", "STRIPE_PRICE_BASIC": "b", "STRIPE_PRICE_PREMIUM": "p", "SANDBOX_SEED": "3",
        "HTTP_PORT": "4000", "HTTP_HOST": "127.0.0.1",
    ]

    @Test("flags take the place of settings, and of those only that they name")
    func flags() throws {
        let config = try SandboxCommand.parse(["--seed", "7", "--port=0"]).settings(of: Self.environment)
        #expect(config.seed == 7)
        #expect(config.port == 0)
        #expect(config.host == "127.0.0.1")
        #expect(config.statePath == nil)
    }

    @Test("without flags the environment says it all")
    func environmentOnly() throws {
        var environment = Self.environment
        environment["SANDBOX_STATE"] = "/var/lib/sandbox/account"
        let config = try SandboxCommand.parse([]).settings(of: environment)
        #expect(config.seed == 3)
        #expect(config.port == 4000)
        #expect(config.chaos == nil)
        #expect(config.statePath == "/var/lib/sandbox/account")
        #expect(try SandboxCommand.parse(["--state", "here"]).settings(of: environment).statePath == "here")
    }

    @Test("a profile given by a flag is read, and its wrong field named")
    func profile() throws {
        let good = try Self.file(#"{"events": {"dropped": {"every": 2}}}"#)
        let bad = try Self.file(#"{"events": {"dropped": {"every": 2, "n": 1}}}"#)
        defer { for file in [good, bad] { try? FileManager.default.removeItem(at: file) } }
        #expect(try SandboxCommand.parse(["--chaos", good.path]).settings(of: Self.environment).chaos?.rules[.dropped] != nil)
        #expect(try Self.problems(["--chaos", bad.path]) == ["--chaos: events.dropped.n is not known"])
        #expect(try Self.problems(["--chaos", bad.path + ".none", "--seed", "1"]) == ["--chaos is not a file"])
    }

    @Test("what is wrong with a setting is told by the setting's name, with a flag by the flag's")
    func names() throws {
        #expect(try Self.problems(["--port", "70000"]) == ["--port is not valid"])
        let problems = try Self.problems([], adding: ["SANDBOX_SEED": "x", "SANDBOX_RETRIES": "often"])
        #expect(problems == ["SANDBOX_RETRIES is not valid", "SANDBOX_SEED is not valid"])
    }

    @Test(
        "a flag that does not exist, and a number that is none, are wrong usage",
        arguments: [["--sed", "1"], ["--seed", "x"], ["--seed"], ["profile.json"]])
    func usage(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try SandboxCommand.parse(arguments) }
        #expect(error.map { SandboxCommand.exitCode(for: $0).rawValue } == 64)
    }

    @Test("the help names every flag and the setting that it replaces")
    func help() {
        let help = SandboxCommand.helpMessage(includeHidden: false, columns: 120)
        for text in [
            "--seed <number>", "SANDBOX_SEED", "--chaos <file>", "SANDBOX_CHAOS", "--port <number>", "HTTP_PORT", "--state <file>",
            "SANDBOX_STATE",
        ] {
            #expect(help.contains(text), "\(text)")
        }
    }

    @Test(
        "the executable ends with 64 for wrong usage and 78 for settings that it cannot use, and says what is wrong",
        arguments: [
            (["--sed", "1"], 64, "--sed"), (["--chaos", "none.json"], 78, "--chaos is not a file"), (["--help"], 0, ""),
            (["--state", "/none/such"], 78, "/none/such: No such file or directory"),
        ])
    func exitCodes(arguments: [String], status: Int, said: String) throws {
        let ended = try SandboxProcess.run(arguments, environment: Self.environment)
        #expect(Int(ended.status) == status)
        #expect(said.isEmpty || ended.errors.contains(said))
    }

    private static func problems(_ arguments: [String], adding more: [String: String] = [:]) throws -> [String] {
        let command = try SandboxCommand.parse(arguments)
        let environment = Self.environment.merging(more) { $1 }
        let error = #expect(throws: SandboxConfigError.self) { try command.settings(of: environment) }
        return error?.problems ?? []
    }

    private static func file(_ text: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("chaos-\(Identifier.random(12)).json")
        try Data(text.utf8).write(to: file)
        return file
    }
}
