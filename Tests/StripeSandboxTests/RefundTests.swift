import Testing

@testable import StripeSandbox

@Suite("Refunds")
struct RefundTests {
    @Test("a full refund tells of itself, and again when the bank's number is known (sequence 11)")
    func full() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let charge = fixture.account.charges.ids[0]
        let made = try fixture.types { try $0.call("POST", "/v1/refunds", "charge=\(charge)&reason=requested_by_customer") }
        #expect(made == ["refund.created", "charge.refunded"])
        #expect(fixture.newestEvent("charge.refunded")?.previousAttributes == ["amount_refunded": 0, "refunded": false])
        #expect(fixture.types { $0.advance(days: 2) } == ["refund.updated", "charge.refund.updated"])
        let told = fixture.newestEvent("refund.updated")
        #expect(told?.object["destination_details"]?["card"]?["reference_status"] == "available")
        #expect(told?.previousAttributes == ["destination_details": ["card": ["reference_status": "pending", "reference": nil]]])
    }

    @Test("in the older version a refund is told of by its charge alone")
    func older() throws {
        var fixture = AccountFixture(version: "2024-06-20")
        _ = try fixture.signUp()
        let intent = fixture.account.paymentIntents.ids[0]
        #expect(try fixture.types { try $0.call("POST", "/v1/refunds", "payment_intent=\(intent)") } == ["charge.refunded"])
        #expect(fixture.types { $0.advance(days: 2) } == ["charge.refund.updated"])
    }

    @Test("two partial refunds make up the whole, and no third follows (sequence 12)")
    func partial() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let charge = fixture.account.charges.ids[0]
        let types = try fixture.types {
            try $0.call("POST", "/v1/refunds", "charge=\(charge)&amount=500")
            try $0.call("POST", "/v1/refunds", "charge=\(charge)&amount=1400")
            $0.advance(days: 2)
        }
        let updates = ["refund.updated", "charge.refund.updated"]
        #expect(types == ["refund.created", "charge.refunded", "refund.created", "charge.refunded"] + updates + updates)
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/refunds", "charge=\(charge)&amount=1") }
        let listed = try fixture.call("GET", "/v1/refunds", "charge=\(charge)")["data"]?.elements ?? []
        #expect(listed.compactMap { $0["amount"]?.integer } == [1400, 500])
    }

    @Test("a refund to the asynchronous card is pending, then succeeds")
    func succeedsLater() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp(card: "4000000000007726")
        let refund = try fixture.call("POST", "/v1/refunds", "charge=\(fixture.account.charges.ids[0])")
        #expect(refund["status"] == "pending")
        #expect(fixture.types { $0.advance(days: 5) } == ["refund.updated", "charge.refund.updated"])
        #expect(fixture.account.refunds.all.map(\.status) == [.succeeded])
    }

    @Test("a refund that fails later is the seller's again, and may be tried anew (sequence 14)")
    func failsLater() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp(card: "4000000000005126")
        let charge = fixture.account.charges.ids[0]
        let id = try fixture.id(fixture.call("POST", "/v1/refunds", "charge=\(charge)"))
        #expect(fixture.account.charges[charge]?.refunded == true)
        #expect(fixture.types { $0.advance(days: 5) } == ["refund.updated", "refund.failed", "charge.refund.updated"])
        let failed = try fixture.call("GET", "/v1/refunds/\(id)", "expand[]=failure_balance_transaction&expand[]=balance_transaction")
        #expect(failed["status"] == "failed")
        #expect(failed["failure_reason"] == "expired_or_canceled_card")
        #expect(failed["balance_transaction"]?["net"] == .number(-1900))
        #expect(failed["failure_balance_transaction"]?["net"] == .number(1900))
        #expect(fixture.account.charges[charge]?.amountRefunded == 0)
        #expect(try fixture.call("POST", "/v1/refunds", "charge=\(charge)")["amount"] == 1900)
    }

    @Test("metadata is all that can be changed, and only a refund that waits for the customer can be canceled")
    func changes() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp()
        let id = try fixture.id(fixture.call("POST", "/v1/refunds", "charge=\(fixture.account.charges.ids[0])"))
        let types = try fixture.types { try $0.call("POST", "/v1/refunds/\(id)", "metadata[ticket]=7") }
        #expect(types == ["refund.updated", "charge.refund.updated"])
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/refunds/\(id)", "amount=1") }
        #expect(throws: APIError.self) { try fixture.call("POST", "/v1/refunds/\(id)/cancel") }
    }

    @Test("a pending refund that waits for the customer is canceled")
    func cancels() throws {
        var fixture = AccountFixture()
        _ = try fixture.signUp(card: "4000000000007726")
        let id = try fixture.id(fixture.call("POST", "/v1/refunds", "charge=\(fixture.account.charges.ids[0])"))
        fixture.account.move(refund: id, to: .requiresAction)
        #expect(try fixture.call("POST", "/v1/refunds/\(id)/cancel")["status"] == "canceled")
        #expect(fixture.account.charges.all.map(\.amountRefunded) == [0])
        #expect(fixture.types { $0.advance(days: 6) } == [])
    }

    @Test("a control call has a refund fail, once, now or later")
    func control() async throws {
        try await withSandbox { sandbox, url async throws in
            let browser = Browser(url: url)
            _ = try await WireTests.signUp(browser)
            let charge = await sandbox.account.charges.ids[0]
            let first = try await browser.api("/v1/refunds", form: "charge=\(charge)&amount=100")["id"] as? String ?? ""
            let order = #"{"status": "failed", "failure_reason": "declined"}"#
            #expect(try await browser.send("/_sandbox/refunds/\(first)", json: order)["status"] as? String == "failed")
            #expect(try await browser.send("/_sandbox/refunds/\(first)", json: order).status == 409)
            let second = try await browser.api("/v1/refunds", form: "charge=\(charge)&amount=100")["id"] as? String ?? ""
            _ = try await browser.send("/_sandbox/refunds/\(second)", json: #"{"status": "failed", "after_seconds": 60}"#)
            #expect(await sandbox.account.refunds[second]?.status == .succeeded)
            await sandbox.advance(by: 60)
            #expect(await sandbox.account.refunds[second]?.failureReason == "unknown")
            #expect(await sandbox.account.charges[charge]?.amountRefunded == 0)
            #expect(try await browser.send("/_sandbox/refunds/\(second)", json: #"{"status": "lost"}"#).status == 400)
        }
    }
}
