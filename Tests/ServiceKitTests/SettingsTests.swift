import Foundation
import Testing

@testable import ServiceKit

@Suite("Settings")
struct SettingsTests {
    enum Colour: String, CaseIterable { case red, green }

    @Test("every value that is given is read as its type")
    func values() throws {
        let settings = Settings([
            "TEXT": "hello", "NUMBER": "42", "SHARE": "0.05", "WAIT": "1.5", "SCAN": "250", "FLAG": "yes", "LIST": " a, b ,,c ",
            "SITE": "https://shop.example:8443/base", "COLOUR": "green", "KEY": "0123456789",
        ])
        #expect(settings.string("TEXT") == "hello")
        #expect(settings.integer("NUMBER") == 42)
        #expect(settings.number("SHARE", in: 0...1) == 0.05)
        #expect(settings.seconds("WAIT") == .milliseconds(1500))
        #expect(settings.milliseconds("SCAN") == .milliseconds(250))
        #expect(settings.flag("FLAG", default: false))
        #expect(settings.list("LIST") == ["a", "b", "c"])
        #expect(settings.url("SITE").absoluteString == "https://shop.example:8443/base")
        #expect(settings.choice("COLOUR", default: Colour.red) == .green)
        #expect(settings.secret("KEY", minimumBytes: 10) == "0123456789")
        try settings.validate()
    }

    @Test("defaults stand in for what is absent or empty")
    func defaults() throws {
        let settings = Settings(["EMPTY": ""])
        #expect(settings.string("EMPTY", default: "fallback") == "fallback")
        #expect(settings.integer("NUMBER", default: 7) == 7)
        #expect(settings.list("LIST", default: []) == [])
        #expect(settings.seconds("WAIT", default: .seconds(3)) == .seconds(3))
        #expect(settings.choice("COLOUR", default: Colour.red) == .red)
        #expect(settings.optionalString("EMPTY") == nil)
        try settings.validate()
    }

    @Test("all that is missing or malformed is reported together, by name")
    func together() throws {
        let settings = Settings(["PORT": "eighty", "EMPTY": "", "SITE": "ftp://x", "COLOUR": "blue"])
        _ = settings.integer("PORT", in: 0...65535)
        _ = settings.string("EMPTY")
        _ = settings.string("ABSENT")
        _ = settings.url("SITE")
        _ = settings.choice("COLOUR", default: Colour.red)
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(error.complaints.map(\.name) == ["ABSENT", "COLOUR", "EMPTY", "PORT", "SITE"])
        #expect(error.description.contains("5 settings need attention"))
        #expect(error.description.contains("PORT is not a whole number from 0 to 65535: \"eighty\""))
        #expect(error.description.contains("ABSENT is missing (give ABSENT, or a file by ABSENT_FILE)"))
    }

    @Test("no message holds the value of a secret")
    func secrets() throws {
        let settings = Settings([
            "KEY": "CANARY", "DATABASE_URL": "mysql://u:CANARY@h/d", "AMQP_URL": "CANARY", "AUTH_JWT_SECRET": "CANARY",
        ])
        _ = settings.secret("KEY", minimumBytes: 32)
        let foundation = ServiceFoundation(name: "test", settings: settings, logger: LogCapture().logger, now: { Tokens.now })
        _ = (foundation.postgres, foundation.rabbit, foundation.authenticator)
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(error.complaints.map(\.name) == ["AMQP_URL", "AUTH_JWT_SECRET", "DATABASE_URL", "KEY"])
        #expect(!"\(error)\(String(reflecting: error))".contains("CANARY"))
    }

    @Test("NAME_FILE names a file that holds the value, without the line break at its end")
    func file() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        try Data("from the file\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(Settings(["KEY_FILE": path]).secret("KEY") == "from the file")

        let twice = Settings(["KEY_FILE": path, "KEY": "directly"])
        _ = twice.secret("KEY")
        #expect(throws: SettingsError.self) { try twice.validate() }

        let absent = Settings(["KEY_FILE": path + ".absent"])
        _ = absent.secret("KEY")
        let error = try #require(throws: SettingsError.self) { try absent.validate() }
        #expect(error.complaints == [.init(name: "KEY", reason: "cannot be read from the file that KEY_FILE names")])
    }

    @Test("numbers and times outside their range are refused", arguments: ["-1", "1e9999", "nan", "", "1 ", "9223372036854775808"])
    func ranges(text: String) {
        let settings = Settings(["N": text])
        _ = settings.integer("N", in: 0...100)
        #expect(throws: SettingsError.self) { try settings.validate() }
        let times = Settings(["T": text])
        _ = times.seconds("T")
        #expect(throws: SettingsError.self) { try times.validate() }
    }

    /// What `.env.example` gives for a secret, by name.
    private static let published: [(name: String, value: String)] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let text = (try? String(contentsOf: root.appending(path: ".env.example"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let halves = line.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, halves[0].contains(/SECRET|PASSWORD/), halves[0] != "STRIPE_SECRET_KEY" else { return nil }
            return (halves[0], halves[1])
        }
    }()

    @Test("where one's own secrets are required, none is accepted that this project publishes")
    func publishedSecrets() throws {
        #expect(Self.published.count >= 17, ".env.example names a secret for every role")
        for (name, value) in Self.published + [("AUTH_JWT_SECRET", Tokens.secret)] {
            for text in [value, "0123456789abcdef0123456789abcdef,\(value)", "postgresql://checkout:\(value)@db:5432/payments"] {
                let settings = Settings([name: text])
                _ = settings.secret(name)
                settings.requireOwnSecrets(because: "this moves money")
                let error = try #require(throws: SettingsError.self, "\(text)") { try settings.validate() }
                #expect(error.complaints.map(\.name) == [name])
                #expect(!error.description.contains(value) || value == "test")
            }
        }
    }

    @Test("a secret of one's own, or where none is required, is accepted")
    func ownSecrets() throws {
        for (isRequired, secret) in [(true, "whsec_own"), (false, "whsec_sandbox"), (true, "postgresql://a:own@test/test")] {
            let settings = Settings(["S": secret])
            _ = settings.secret("S")
            if isRequired { settings.requireOwnSecrets(because: "this moves money") }
            try settings.validate()
        }
    }

    @Test("one of the two ways to verify tokens must be given, not both and not neither")
    func authentication() {
        for values in [[:], ["AUTH_JWT_SECRET": Tokens.secret, "AUTH_JWKS": "{}"], ["AUTH_JWKS": #"{"keys":[]}"#], ["AUTH_JWKS": "no"]] {
            let settings = Settings(values)
            _ = Authenticator(settings: settings, logger: Tokens.quiet, now: { Tokens.now })
            #expect(throws: SettingsError.self) { try settings.validate() }
        }
    }
}
