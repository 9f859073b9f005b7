import Foundation

extension ControlRoutes {
    private struct CardEntry: Decodable {
        var card: String?
        /// An IBAN, or the number of an American account; `iban` is the older name.
        var account: String? { accountNumber ?? iban }
        var accountNumber: String?
        var iban: String?
        var wallet: String?
        var email: String?
        var name: String?
        var postalCode: String?
        var promotionCode: String?
    }

    private struct AuthenticationEntry: Decodable { let outcome: String }

    /// Pays a session as its page would.
    func pay(session id: String, _ body: Data) async throws -> JSON {
        let entry = try decode(CardEntry.self, body)
        let session = try await sandbox.account.sessions.find(id)
        guard entry.card != nil || entry.account != nil || entry.wallet != nil || session.isTrial else { throw APIError.missing("card") }
        let billing = BillingDetails(email: entry.email, name: entry.name, postalCode: entry.postalCode)
        let instrument = try Instrument(card: entry.card, account: entry.account, wallet: entry.wallet)
        if let code = entry.promotionCode, let problem = await sandbox.enter(promotionCode: code, in: id) {
            throw APIError.invalidRequest(problem)
        }
        let outcome = await sandbox.pay(session: id, from: instrument, billing: billing)
        let after = await sandbox.account.sessions[id]
        return try told(
            outcome,
            [
                "session": .text(id), "subscription": .optional(after?.subscription), "invoice": .optional(after?.invoice),
                "payment_intent": .optional(after?.paymentIntent ?? after?.pendingPaymentIntent), "customer": .optional(after?.customer),
                "redirect": .optional(after?.successRedirect),
            ])
    }

    /// Pays an open invoice as its page would.
    func pay(invoice id: String, _ body: Data) async throws -> JSON {
        guard let number = try decode(CardEntry.self, body).card else { throw APIError.missing("card") }
        _ = try await sandbox.account.invoices.find(id)
        return try told(await sandbox.pay(invoice: id, with: try TestCard.find(number)), ["invoice": .text(id)])
    }

    /// Has the customer prove who they are, or fail to.
    func authenticate(paymentIntent id: String, _ body: Data) async throws -> JSON {
        let outcome = try decode(AuthenticationEntry.self, body).outcome
        guard outcome == "complete" || outcome == "fail" else { throw APIError.invalidRequest("outcome is complete or fail.") }
        _ = try await sandbox.account.paymentIntents.find(id)
        return try told(
            await sandbox.authenticate(paymentIntent: id, succeeds: outcome == "complete"), ["payment_intent": .text(id)])
    }

    private func told(_ outcome: Account.PageOutcome, _ facts: JSON) throws -> JSON {
        switch outcome {
        case .paid: return JSON.object([.init(name: "outcome", value: "paid")]).adding(facts)
        case .challenged(let url):
            let waits: JSON = ["outcome": "requires_action", "challenge": .text(url)]
            return waits.adding(facts)
        case .declined(let message): throw APIError.invalidRequest(message, status: 402)
        case .closed: throw APIError.invalidRequest("It is not open for payment.", status: 409)
        }
    }

    /// Replaces a customer's default card, as the portal would.
    func replaceCard(of id: String, _ body: Data) async throws -> JSON {
        guard let number = try decode(CardEntry.self, body).card else { throw APIError.missing("card") }
        let card = try TestCard.find(number)
        let method = try await sandbox.act { account throws(APIError) in
            account.replaceCard(of: try account.liveCustomer(id, param: "customer").id, with: card).id
        }
        return ["customer": .text(id), "payment_method": .text(method)]
    }
}
