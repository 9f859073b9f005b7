/// The customer portal: a plan is canceled, taken up again or changed, and the card replaced.
extension Pages {
    func show(portal token: String, error: String? = nil) async -> HTTPAnswer {
        let account = await sandbox.account
        guard let session = account.portalSession(token) else { return .page(notFound, status: 404) }
        var page = PortalPage(session, in: account)
        page.error = error
        return .page(templates.render(page), status: error == nil ? 200 : 402)
    }

    func take(portal token: String, _ fields: [String: String]) async -> HTTPAnswer {
        let action: Account.PortalAction?
        do throws(APIError) {
            action = try Self.action(fields)
        } catch {
            return await show(portal: token, error: error.message)
        }
        guard let action else { return .page(notFound, status: 400) }
        if let problem = await sandbox.perform(action, inPortal: token) { return await show(portal: token, error: problem) }
        return .seeOther("/p/session/\(token)")
    }

    private static func action(_ fields: [String: String]) throws(APIError) -> Account.PortalAction? {
        let subscription = fields["subscription"] ?? ""
        switch fields["action"] {
        case "cancel": return .cancel(subscription)
        case "reactivate": return .reactivate(subscription)
        case "change": return .change(subscription, price: fields["price"] ?? "")
        case "card": return .replaceCard(try TestCard.find(fields["card"] ?? ""))
        default: return nil
        }
    }
}
