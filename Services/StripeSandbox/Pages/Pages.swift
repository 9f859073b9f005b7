/// The hosted pages: a session's, an invoice's, the bank's that asks who pays, and the customer portal.
struct Pages: Sendable {
    let sandbox: Sandbox
    let templates: PageTemplates

    init(sandbox: Sandbox) throws {
        self.sandbox = sandbox
        templates = try PageTemplates()
    }

    func answer(_ method: String, _ path: String, _ body: String) async -> HTTPAnswer {
        let parts = path.split(separator: "/").map(String.init)
        guard let kind = parts.first, let id = parts.last else { return .page(notFound, status: 404) }
        switch method {
        case "GET", "HEAD": return await show(kind, id)
        case "POST":
            guard let fields = try? FormDecoder.decode(body) else { return .page(notFound, status: 400) }
            return await take(Self.texts(fields), kind, id)
        default: return HTTPAnswer(status: 405, headers: ["Allow": "GET, HEAD, POST"])
        }
    }

    private func show(_ kind: String, _ id: String) async -> HTTPAnswer {
        switch kind {
        case "c": return await show(session: id)
        case "i": return await show(invoice: id)
        case "3ds": return await show(challenge: id)
        case "p": return await show(portal: id)
        default: return .page(notFound, status: 404)
        }
    }

    private func take(_ fields: [String: String], _ kind: String, _ id: String) async -> HTTPAnswer {
        switch kind {
        case "c": return await pay(session: id, fields)
        case "i": return await pay(invoice: id, fields)
        case "3ds": return await take(challenge: id, fields)
        case "p": return await take(portal: id, fields)
        default: return .page(notFound, status: 404)
        }
    }

    var notFound: String { templates.render(title: "Page not found", text: "There is no such page.") }

    private static func texts(_ fields: [String: FormValue]) -> [String: String] {
        fields.compactMapValues { if case .text(let text) = $0, !text.isEmpty { text } else { nil } }
    }

    // MARK: Sessions

    private func show(session id: String, error: String? = nil, email: String = "") async -> HTTPAnswer {
        let account = await sandbox.account
        guard let session = account.sessions[id] else { return .page(notFound, status: 404) }
        switch session.status {
        case .complete:
            return .page(templates.render(title: "You are done here", text: "This payment was completed.", link: session.successRedirect))
        case .expired:
            return .page(
                templates.render(title: "This page has expired", text: "Please start again.", link: session.cancelURL), status: 410)
        case .open:
            var form = CardForm(session, in: account)
            form.error = error
            form.email = email
            return .page(templates.render(form), status: error == nil ? 200 : 402)
        }
    }

    private func pay(session id: String, _ fields: [String: String]) async -> HTTPAnswer {
        let email = fields["email"] ?? ""
        let instrument: Instrument?
        do throws(APIError) {
            instrument = try Instrument(card: fields["card"], account: fields["account"] ?? fields["iban"], wallet: fields["wallet"])
        } catch {
            return await show(session: id, error: error.message, email: email)
        }
        if let code = fields["promotion_code"], let problem = await sandbox.enter(promotionCode: code, in: id) {
            return await show(session: id, error: problem, email: email)
        }
        let billing = BillingDetails(email: fields["email"], name: fields["name"], postalCode: fields["postal_code"])
        return await answer(await sandbox.pay(session: id, from: instrument, billing: billing), session: id, email: email)
    }

    /// What follows a try to pay a session.
    func answer(_ outcome: Account.PageOutcome, session id: String, email: String = "") async -> HTTPAnswer {
        switch outcome {
        case .paid: return .seeOther(await sandbox.account.sessions[id]?.successRedirect ?? "/")
        case .challenged(let url): return .seeOther(url)
        case .declined(let message): return await show(session: id, error: message, email: email)
        case .closed: return await show(session: id)
        }
    }

    // MARK: Invoices

    private func show(invoice id: String, error: String? = nil) async -> HTTPAnswer {
        let account = await sandbox.account
        guard let invoice = account.invoices[id] else { return .page(notFound, status: 404) }
        guard invoice.isPayable else {
            let text = invoice.status == .paid ? "This invoice is paid." : "This invoice cannot be paid now."
            return .page(templates.render(title: "Invoice \(invoice.number ?? id)", text: text))
        }
        var form = CardForm(invoice, in: account)
        form.error = error
        return .page(templates.render(form), status: error == nil ? 200 : 402)
    }

    private func pay(invoice id: String, _ fields: [String: String]) async -> HTTPAnswer {
        let card: TestCard
        do throws(APIError) {
            card = try TestCard.find(fields["card"] ?? "")
        } catch {
            return await show(invoice: id, error: error.message)
        }
        return await answer(await sandbox.pay(invoice: id, with: card), invoice: id)
    }

    /// What follows a try to pay an invoice.
    func answer(_ outcome: Account.PageOutcome, invoice id: String) async -> HTTPAnswer {
        switch outcome {
        case .paid: return .seeOther("/i/\(id)")
        case .challenged(let url): return .seeOther(url)
        case .declined(let message): return await show(invoice: id, error: message)
        case .closed: return await show(invoice: id)
        }
    }
}
