import Foundation
import TestKit
import Testing

@testable import StripeSandbox

@Suite("kill -9 of the sandbox")
struct KilledTests {
    /// What was answered, by the key that it was asked with.
    private actor Answers {
        private(set) var bodies: [String: String] = [:]

        func keep(_ body: String, for key: String) { bodies[key] = body }
    }

    @Test("loses nothing that was answered, and does nothing twice")
    func killed() async throws {
        let port = try FreePorts.choose(1)[0]
        let file = StateFixture.path()
        defer { StateFixture.remove(file) }
        let browser = Browser(url: "http://127.0.0.1:\(port)")
        let answers = Answers()
        try await running(port, file, browser) { process in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 1...8 { group.addTask { await Self.ask(browser, client, answers) } }
                try await eventually("100 calls were answered") { await answers.bodies.count >= 100 }
                SandboxProcess.kill(process)
                try await group.waitForAll()
            }
        }
        try await running(port, file, browser) { _ in
            for (key, body) in await answers.bodies {
                let again = try await browser.api("/v1/customers", form: "name=\(key)", key: key)
                #expect(again.body == body)
            }
        }
    }

    /// Makes customers, one after the other, until nobody answers.
    private static func ask(_ browser: Browser, _ client: Int, _ answers: Answers) async {
        for number in 1...10_000 {
            let key = "\(client)-\(number)"
            guard let answer = try? await browser.api("/v1/customers", form: "name=\(key)", key: key), answer.status == 200 else { return }
            await answers.keep(answer.body, for: key)
        }
    }

    private func running(_ port: Int, _ file: String, _ browser: Browser, _ body: (Process) async throws -> Void) async throws {
        let environment = [
            "STRIPE_WEBHOOK_SECRET": "whsec_1", "STRIPE_PRICE_BASIC": "price_basic", "STRIPE_PRICE_PREMIUM": "price_premium",
            "LOG_LEVEL": "error",
        ]
        let process = try SandboxProcess.start(["--port", "\(port)", "--state", file], environment: environment)
        defer { SandboxProcess.kill(process) }
        try await eventually("the sandbox answers") {
            try #require(process.isRunning, "the sandbox ended before it answered")
            return (try? await browser.send("/_sandbox/health").status) == 200
        }
        try await body(process)
    }
}
