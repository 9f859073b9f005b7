@testable import StripeSandbox

/// An account without a server, on 2026-01-01 10:00:00 UTC, and short words for what a test does with it.
struct AccountFixture {
    var account: Account
    var customer = ""

    init(version: String = "2026-05-27.dahlia", afterFinalFailure: BillingSettings.AfterFinalFailure = .unpaid) {
        account = Account(
            now: 1_767_261_600, publicURL: "http://sandbox.test", currency: "usd", basicPrice: "price_basic", premiumPrice: "price_premium")
        account.settings.eventVersion = APIVersion(version) ?? .current
        account.settings.afterFinalFailure = afterFinalFailure
    }

    /// Calls the API without a wire; `form` as a client would encode it, not percent-encoded.
    @discardableResult
    mutating func call(_ method: String, _ path: String, _ form: String = "", version: String = "2026-05-27.dahlia") throws -> JSON {
        let parts = path.split(separator: "/")
        for endpoint in Endpoint.all {
            guard let ids = endpoint.match(method, parts) else { continue }
            var call = Call(
                pathIDs: ids, parameters: Parameters(try FormDecoder.decode(form)), version: APIVersion(version) ?? .current)
            let expand = try call.parameters.texts("expand")
            var answer = try endpoint.handle(&account, &call)
            for path in expand { answer = try Expansion(call.version, account).expanding(path, in: answer) }
            return answer
        }
        throw APIError.invalidRequest("no endpoint", status: 404)
    }

    /// A customer with an open session for the basic plan; answers the session's id.
    mutating func openSession(_ extra: String = "") throws -> String {
        customer = try id(call("POST", "/v1/customers", "email=ada@example.com&metadata[user_id]=user_1"))
        return try id(
            call(
                "POST", "/v1/checkout/sessions",
                "mode=subscription&customer=\(customer)&line_items[0][price]=price_basic&line_items[0][quantity]=1"
                    + "&success_url=http://shop.test/ok?s={CHECKOUT_SESSION_ID}&subscription_data[metadata][user_id]=user_1" + extra))
    }

    /// A paid sign-up; answers the subscription's id.
    mutating func signUp(card: String = "4242424242424242", _ extra: String = "") throws -> String {
        let session = try openSession(extra)
        _ = account.pay(session: session, with: try TestCard.find(card), billing: BillingDetails())
        return account.sessions[session]?.subscription ?? ""
    }

    /// The ids that a list answers.
    mutating func listed(_ path: String, _ query: String = "") throws -> [String] {
        try call("GET", path, query)["data"]?.elements.compactMap { $0["id"]?.string } ?? []
    }

    /// Replaces the customer's card by one that later charges use.
    mutating func useCard(_ number: String) throws {
        _ = account.replaceCard(of: customer, with: try TestCard.find(number))
    }

    /// Types of the events made while `work` ran, oldest first.
    mutating func types(_ work: (inout AccountFixture) throws -> Void) rethrows -> [String] {
        let first = account.events.count
        try work(&self)
        return account.events.ids[first...].compactMap { account.events[$0]?.type }
    }

    mutating func advance(days: Int, seconds: Int = 0) { account.advance(to: account.now + days * 86_400 + seconds) }

    func id(_ object: JSON) throws -> String {
        guard let id = object["id"]?.string else { throw APIError.invalidRequest("no id") }
        return id
    }

    func newestEvent(_ type: String) -> Event? { account.events.newestFirst.first { $0.type == type } }
}
