import Foundation
import Testing

@testable import StripeSandbox

/// A customer's life in a sandbox of its own, and the events that it made.
struct SandboxLife {
    private var account: Account
    static let user = "user_of_the_sandbox"

    private init(version: String) {
        account = Account(
            now: 1_767_261_600, publicURL: "http://sandbox.test", currency: "usd", basicPrice: "price_basic", premiumPrice: "price_premium")
        account.settings.eventVersion = APIVersion(version) ?? .current
    }

    /// The lives that always run, whatever is beside this checkout.
    static func all(version: String) throws -> [EventSequence] {
        try [
            sequence("renews twice", version) { life in
                try life.signUp()
                life.advance(days: 65)
                return SequenceEnd(status: "active", paid: 5700, refunded: 0, access: true)
            },
            sequence("fails four times", version) { life in
                try life.signUp(card: "4000000000000341")
                life.advance(days: 65)
                return SequenceEnd(status: "unpaid", paid: 1900, refunded: 0, access: false, attemptCount: 4)
            },
            sequence("fails and recovers", version) { life in
                try life.signUp(card: "4000000000000341")
                life.advance(days: 32)
                let invoice = try #require(life.account.subscriptions.newestFirst.first?.latestInvoice)
                #expect(life.account.pay(invoice: invoice, with: try TestCard.find("4242424242424242")) == .paid)
                return SequenceEnd(status: "active", paid: 3800, refunded: 0, access: true)
            },
            sequence("is canceled at the end of the period", version) { life in
                try life.signUp()
                let subscription = try #require(life.account.subscriptions.ids.first)
                try life.call("POST", "/v1/subscriptions/\(subscription)", "cancel_at_period_end=true")
                life.advance(days: 40)
                return SequenceEnd(status: "canceled", reason: "cancellation_requested", paid: 1900, refunded: 0, access: false)
            },
            sequence("is refunded in two parts", version) { life in
                try life.signUp()
                for amount in [500, 1400] { try life.call("POST", "/v1/refunds", "charge=\(life.account.charges.ids[0])&amount=\(amount)") }
                life.advance(days: 2)
                return SequenceEnd(status: "active", paid: 1900, refunded: 1900, refunds: [500, 1400])
            },
            disputed("loses a dispute", version, paid: 1900, ends: "lost"),
        ]
    }

    /// The first payment and nothing more.
    static func signUp(version: String) throws -> EventSequence {
        try sequence("signs up", version) { life in
            try life.signUp()
            return SequenceEnd(status: "active", paid: 1900, access: true)
        }
    }

    /// A payment that the bank takes back.
    static func disputed(_ name: String, _ version: String, paid: Int, ends status: String) throws -> EventSequence {
        try sequence(name, version) { life in
            try life.signUp(card: "4000000000000259")
            life.advance(days: 1)
            let dispute = try #require(life.account.disputes.ids.first)
            try life.call("POST", "/v1/disputes/\(dispute)", "evidence[uncategorized_text]=losing_evidence")
            life.advance(days: 1)
            return SequenceEnd(status: "active", paid: paid, refunded: 0, dispute: status, disputed: paid)
        }
    }

    private static func sequence(
        _ name: String, _ version: String, _ live: (inout SandboxLife) throws -> SequenceEnd
    ) throws -> EventSequence {
        var life = SandboxLife(version: version)
        let end = try live(&life)
        let events = life.account.events.all.map { Data($0.rendered.pretty.utf8) }
        return EventSequence(name: "\(name) (\(version))", events: events, user: user, price: nil, end: end)
    }

    /// Pays for the basic plan on the hosted page, as checkout opens it.
    private mutating func signUp(card: String = "4242424242424242") throws {
        let customer = try call("POST", "/v1/customers", "email=ada@example.com&metadata[user_id]=\(Self.user)")
        let session = try call(
            "POST", "/v1/checkout/sessions",
            "mode=subscription&customer=\(customer)&line_items[0][price]=price_basic&line_items[0][quantity]=1&metadata[user_id]=\(Self.user)"
                + "&success_url=http://shop.test/ok&subscription_data[metadata][user_id]=\(Self.user)&client_reference_id=\(Self.user)")
        #expect(account.pay(session: session, with: try TestCard.find(card), billing: BillingDetails()) == .paid)
    }

    private mutating func advance(days: Int) { account.advance(to: account.now + days * 86_400) }

    /// Calls the API without a wire; `form` as a client would encode it, not percent-encoded. The id of what is answered.
    @discardableResult
    private mutating func call(_ method: String, _ path: String, _ form: String) throws -> String {
        for endpoint in Endpoint.all {
            guard let ids = endpoint.match(method, path.split(separator: "/")) else { continue }
            var call = Call(pathIDs: ids, parameters: Parameters(try FormDecoder.decode(form)), version: .current)
            return try #require(endpoint.handle(&account, &call)["id"]?.string)
        }
        throw APIError.invalidRequest("no endpoint", status: 404)
    }
}
