/// The hosted pages: a session's, an invoice's, and a notice in place of the customer portal.
struct Pages: Sendable {
    private let sandbox: Sandbox
    private let templates: PageTemplates

    init(sandbox: Sandbox) throws {
        self.sandbox = sandbox
        templates = try PageTemplates()
    }

    func answer(_ method: String, _ path: String, _ body: String) async -> HTTPAnswer {
        let id = path.split(separator: "/").last.map(String.init) ?? ""
        if path.hasPrefix("/p/session/") {
            return .page(templates.render(title: "Customer portal", text: "The sandbox has no customer portal; use the control calls."))
        }
        let isSession = path.hasPrefix("/c/pay/")
        switch method {
        case "GET", "HEAD": return isSession ? await show(session: id) : await show(invoice: id)
        case "POST":
            guard let fields = try? FormDecoder.decode(body) else { return .page(notFound, status: 400) }
            return isSession ? await pay(session: id, fields) : await pay(invoice: id, fields)
        default: return HTTPAnswer(status: 405, headers: ["Allow": "GET, HEAD, POST"])
        }
    }

    private var notFound: String { templates.render(title: "Page not found", text: "There is no such page.") }

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

    private func pay(session id: String, _ fields: [String: FormValue]) async -> HTTPAnswer {
        let text = Self.texts(fields)
        let card: TestCard?
        do throws(APIError) {
            card = try text["card"].map(TestCard.find)
        } catch {
            return await show(session: id, error: error.message, email: text["email"] ?? "")
        }
        let billing = BillingDetails(email: text["email"], name: text["name"], postalCode: text["postal_code"])
        switch await sandbox.pay(session: id, with: card, billing: billing) {
        case .paid: return .seeOther(await sandbox.account.sessions[id]?.successRedirect ?? "/")
        case .declined(let message): return await show(session: id, error: message, email: text["email"] ?? "")
        case .closed: return await show(session: id)
        }
    }

    // MARK: Invoices

    private func show(invoice id: String, error: String? = nil) async -> HTTPAnswer {
        let account = await sandbox.account
        guard let invoice = account.invoices[id] else { return .page(notFound, status: 404) }
        guard invoice.status == .open else {
            let text = invoice.status == .paid ? "This invoice is paid." : "This invoice cannot be paid now."
            return .page(templates.render(title: "Invoice \(invoice.number ?? id)", text: text))
        }
        var form = CardForm(invoice, in: account)
        form.error = error
        return .page(templates.render(form), status: error == nil ? 200 : 402)
    }

    private func pay(invoice id: String, _ fields: [String: FormValue]) async -> HTTPAnswer {
        let card: TestCard
        do throws(APIError) {
            card = try TestCard.find(Self.texts(fields)["card"] ?? "")
        } catch {
            return await show(invoice: id, error: error.message)
        }
        switch await sandbox.pay(invoice: id, with: card) {
        case .paid: return .seeOther("/i/\(id)")
        case .declined(let message): return await show(invoice: id, error: message)
        case .closed: return await show(invoice: id)
        }
    }

    private static func texts(_ fields: [String: FormValue]) -> [String: String] {
        fields.compactMapValues { if case .text(let text) = $0, !text.isEmpty { text } else { nil } }
    }
}
