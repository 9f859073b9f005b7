import Testing

@testable import StripeSandbox

@Suite("The sandbox's own page")
struct ConsoleTests {
    @Test("shows the account, with names as text")
    func shows() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser)
            _ = try await browser.api("/v1/customers", form: "name=%3Cimg+src%3Dx%3E%22")
            let page = try await browser.send("/_sandbox")
            #expect(page.status == 200)
            #expect(page.body.contains("&lt;img src=x&gt;&quot;"))
            #expect(!page.body.contains("<img"))
            for text in ["ada@example.com", "$19.00", "<td>active</td>", "checkout.session.completed", "(stands still)"] {
                #expect(page.body.contains(text), "\(text)")
            }
            #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
        }
    }

    @Test("advances the clock")
    func advances() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            let before = await sandbox.now
            let answer = try await browser.send("/_sandbox/console/advance", form: "to=86400")
            #expect(answer.status == 303)
            #expect(answer.headers["location"] == "/_sandbox")
            #expect(await sandbox.now == before + 86_400)
            _ = try await WireTests.signUp(browser)
            _ = try await browser.send("/_sandbox/console/advance", form: "to=next")
            #expect(await sandbox.account.events.newestFirst.first?.type == "invoice.upcoming")
        }
    }

    @Test("switches chaos on and off")
    func chaos() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await browser.send("/_sandbox/console/chaos", form: "to=on")
            #expect(await sandbox.chaos.profile == .badDay)
            #expect(try await browser.send("/_sandbox").body.contains("Seed 1. On."))
            _ = try await browser.send("/_sandbox/console/chaos", form: "to=off")
            #expect(await sandbox.chaos.profile.isOn == false)
            #expect(try await browser.send("/_sandbox").body.contains("Seed 1. Off."))
        }
    }

    @Test(
        "takes only what it has a button for",
        arguments: ["advance?", "advance?to=-1", "advance?to=999999999", "clock?to=back", "nothing?to=on", "chaos?to=%zz"])
    func refuses(order: String) async throws {
        try await withSandbox { _, url async throws in
            let parts = order.split(separator: "?", omittingEmptySubsequences: false)
            #expect(try await Browser(url: url).send("/_sandbox/console/\(parts[0])", form: String(parts[1])).status == 400)
            #expect(try await Browser(url: url).send("/_sandbox/console/\(parts[0])").status == 405)
        }
    }
}
