import Testing

@testable import StripeSandbox

@Suite("Test clocks")
struct TestClockTests {
    private static let path = "/v1/test_helpers/test_clocks"

    @Test("a clock that is advanced does what falls due, and tells of itself before and after")
    func advances() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let start = fixture.account.now
        let clock = try fixture.id(fixture.call("POST", Self.path, "frozen_time=\(start)&name=renewal"))
        let target = start + 32 * 86_400
        let types = try fixture.types {
            let answer = try $0.call("POST", "\(Self.path)/\(clock)/advance", "frozen_time=\(target)")
            #expect(answer["status"] == "advancing")
            #expect(answer["frozen_time"] == .number(start))
            #expect(answer["status_details"] == ["advancing": ["target_frozen_time": .number(target)]])
        }
        #expect(types == ["test_helpers.test_clock.advancing"] + Sequence.renewal + ["test_helpers.test_clock.ready"])
        let after = try fixture.call("GET", "\(Self.path)/\(clock)")
        #expect(after["status"] == "ready")
        #expect(after["frozen_time"] == .number(target))
        #expect(after["status_details"] == [:])
        #expect(after["name"] == "renewal")
        #expect(fixture.account.now == target)
    }

    @Test("its customers name it, are listed only where it is named, and go with it")
    func customers() throws {
        var fixture = AccountFixture()
        let clock = try fixture.id(fixture.call("POST", Self.path, "frozen_time=\(fixture.account.now)"))
        _ = try fixture.call("POST", "/v1/customers", "name=other")
        let made = try fixture.call("POST", "/v1/customers", "name=mine&test_clock=\(clock)&expand[]=test_clock")
        #expect(made["test_clock"]?["object"] == "test_helpers.test_clock")
        func names(_ query: String) throws -> [JSON?] {
            try fixture.call("GET", "/v1/customers", query)["data"]?.elements.map { $0["name"] } ?? []
        }
        #expect(try names("") == ["other"])
        #expect(try names("test_clock=\(clock)") == ["mine"])
        let types = try fixture.types { try $0.call("DELETE", "\(Self.path)/\(clock)") }
        #expect(types == ["customer.deleted", "test_helpers.test_clock.deleted"])
        #expect(throws: APIError.noSuch("test_clock", clock, param: "test_clock")) { try fixture.call("GET", "\(Self.path)/\(clock)") }
        #expect(try fixture.call("GET", Self.path)["data"]?.elements.isEmpty == true)
    }

    @Test("a clock cannot begin in the past, go back, or be named before it is there", arguments: ["begin", "back", "none", "far"])
    func refuses(what: String) throws {
        var fixture = AccountFixture()
        let now = fixture.account.now
        let clock = try fixture.id(fixture.call("POST", Self.path, "frozen_time=\(now)"))
        let error = #expect(throws: APIError.self) {
            switch what {
            case "begin": try fixture.call("POST", Self.path, "frozen_time=\(now - 3600)")
            case "back": try fixture.call("POST", "\(Self.path)/\(clock)/advance", "frozen_time=\(now)")
            case "far": try fixture.call("POST", "\(Self.path)/\(clock)/advance", "frozen_time=\(now + 400 * 86_400)")
            default: try fixture.call("POST", "/v1/customers", "test_clock=clock_none")
            }
        }
        #expect(error?.param == (what == "none" ? "test_clock" : "frozen_time"))
        #expect(fixture.account.now == now)
    }

    @Test("while there is one the sandbox's clock stands, and follows it; events of passing time have no request")
    func sandboxClock() async throws {
        var config = SandboxConfig()
        config.clockIsFrozen = false
        try await withSandbox(config) { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser)
            let start = await sandbox.now + 100
            let clock = try await browser.api(Self.path, form: "frozen_time=\(start)")["id"] as? String ?? ""
            #expect(await sandbox.clock.isFrozen)
            #expect(await sandbox.now == start)
            let target = start + 40 * 86_400
            #expect(try await browser.api("\(Self.path)/\(clock)/advance", form: "frozen_time=\(target)").status == 200)
            #expect(await sandbox.now == target)
            let renewal = await sandbox.account.events.newestFirst.first { $0.type == "invoice.paid" }
            #expect(renewal != nil && renewal?.cause == nil)
            #expect(await sandbox.account.events.newestFirst.first?.cause != nil)
            #expect(try await browser.api("\(Self.path)/\(clock)", method: "DELETE").status == 200)
            #expect(await sandbox.clock.isFrozen == false)
        }
    }
}
