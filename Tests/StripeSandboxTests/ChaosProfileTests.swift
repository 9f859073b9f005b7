import Foundation
import Testing

@testable import StripeSandbox

@Suite("A chaos profile")
struct ChaosProfileTests {
    @Test("is read with its amounts, and usual ones where none are given")
    func reads() throws {
        let profile = try Self.read(
            """
            {"seed": 7, "events": {"duplicated": {"every": 3, "copies": 3}, "delayed": {"probability": 0.25, "seconds": 1.5}},
             "calls": {"stale": {"probability": 1}, "timed_out": {"every": 2, "executed": false}}}
            """)
        #expect(profile.seed == 7)
        #expect(profile.rules[.duplicated] == .init(trigger: .every(3), amounts: ["copies": 3]))
        #expect(profile.amount("seconds", of: .delayed) == 1.5)
        #expect(profile.amount("seconds", of: .stale) == 60)
        #expect(profile.amount("executed", of: .timedOut) == 0)
    }

    @Test("is what it says of itself", arguments: [ChaosProfile(), .badDay])
    func roundTrip(profile: ChaosProfile) throws {
        let again = try Self.read(profile.json.pretty)
        #expect(again.json == profile.json)
        #expect(again.rules.keys == profile.rules.keys)
    }

    @Test("with several faults has each of them named")
    func problems() {
        let error = #expect(throws: ChaosProfileError.self) {
            try Self.read(
                """
                {"sed": 1, "seed": -1, "on": "yes", "events": {"dropped": {"probability": 2}, "lost": {}},
                 "calls": {"stale": {"every": 0.5}, "html": {}, "cut_off": {"every": 1, "probability": 0}, "timed_out": 5}}
                """)
        }
        let expected = [
            "sed is not known", "seed is not a whole number from 0", "on is not true or false",
            "events.dropped.probability is not a number from 0 to 1", "events.lost is not known",
            "calls.stale.every is not a whole number from 1 to 1000000", "calls.html needs probability or every, and one of them only",
            "calls.cut_off needs probability or every, and one of them only", "calls.timed_out is not an object",
        ]
        #expect(Set(error?.problems ?? []) == Set(expected))
        #expect(error?.problems.count == expected.count)
    }

    @Test("that is no object is refused", arguments: ["", "[]", "5", "{"])
    func refuses(text: String) {
        #expect(throws: ChaosProfileError.self) { try Self.read(text) }
    }

    @Test("a file named in the settings is read, and its faults are among theirs")
    func settings() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("chaos-\(Identifier.random(12)).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(#"{"events": {"dropped": {"every": 2, "n": 1}}}"#.utf8).write(to: file)
        var environment = ["STRIPE_WEBHOOK_SECRET": "s", "STRIPE_PRICE_BASIC": "b", "STRIPE_PRICE_PREMIUM": "p", "SANDBOX_SEED": "42"]
        #expect(try SandboxConfig(environment: environment).seed == 42)
        environment["SANDBOX_CHAOS"] = file.path
        let error = #expect(throws: SandboxConfigError.self) { try SandboxConfig(environment: environment) }
        #expect(error?.problems == ["SANDBOX_CHAOS: events.dropped.n is not known"])
        environment["SANDBOX_CHAOS"] = file.path + ".none"
        environment["SANDBOX_SEED"] = "one"
        let other = #expect(throws: SandboxConfigError.self) { try SandboxConfig(environment: environment) }
        #expect(other?.problems == ["SANDBOX_SEED is not valid", "SANDBOX_CHAOS is not a file"])
    }

    static func read(_ text: String) throws(ChaosProfileError) -> ChaosProfile { try ChaosProfile(data: Data(text.utf8)) }
}
