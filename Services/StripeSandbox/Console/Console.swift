import Mustache

/// The page at `/_sandbox`: what is in the account, and the few buttons that a person at a browser wants.
struct Console: Sendable {
    private let sandbox: Sandbox
    private let template: MustacheTemplate

    init(sandbox: Sandbox) throws {
        self.sandbox = sandbox
        template = try MustacheTemplate(string: ConsoleTemplate.text)
    }

    func answer(_ method: String, _ path: String, _ body: String) async -> HTTPAnswer {
        let act = String(path.dropFirst("/_sandbox/console/".count))
        switch (method, path) {
        case ("GET", "/_sandbox"), ("HEAD", "/_sandbox"): return .page(template.render(await sandbox.consoleView))
        case (_, "/_sandbox"): return HTTPAnswer(status: 405, headers: ["Allow": "GET, HEAD"])
        case ("POST", _):
            guard let fields = try? FormDecoder.decode(body), await perform(act, fields.compactMapValues(Self.text)) else {
                return HTTPAnswer(status: 400, headers: ["Content-Type": "text/plain"], body: "There is no such act.\n")
            }
            return .seeOther("/_sandbox")
        default: return HTTPAnswer(status: 405, headers: ["Allow": "POST"])
        }
    }

    /// False for what the page has no button for.
    private func perform(_ act: String, _ fields: [String: String]) async -> Bool {
        switch (act, fields["to"]) {
        case ("advance", "next"?): _ = await sandbox.advanceToNext()
        case ("advance", let text?):
            // A year at once is as much as anyone waits for.
            guard let seconds = Int(text), (1...366 * 86_400).contains(seconds) else { return false }
            _ = await sandbox.advance(by: seconds)
        case ("clock", "stand"?): await sandbox.freezeClock(true)
        case ("clock", "run"?): await sandbox.freezeClock(false)
        case ("chaos", "on"?): await sandbox.turnChaos(on: true)
        case ("chaos", "off"?): await sandbox.turnChaos(on: false)
        case ("webhooks", "hold"?): await sandbox.pauseWebhooks(true)
        case ("webhooks", "send"?): await sandbox.pauseWebhooks(false)
        case ("faults", "none"?): await sandbox.setFaults([])
        default: return false
        }
        return true
    }

    private static func text(_ value: FormValue) -> String? {
        if case .text(let text) = value { text } else { nil }
    }
}
