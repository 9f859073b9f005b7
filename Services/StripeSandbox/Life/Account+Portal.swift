extension Account {
    /// What a customer does in the portal; the texts are ids.
    enum PortalAction: Sendable, Equatable {
        case cancel(String)
        case reactivate(String)
        case change(String, price: String)
        case replaceCard(TestCard)
    }

    /// The session whose page has this token at the end of its address.
    func portalSession(_ token: String) -> PortalSession? { portalSessions.all.first { $0.token == token } }

    /// Does what a customer asks for in the portal; answers why not, nil when it is done.
    mutating func perform(_ action: PortalAction, inPortal token: String) -> String? {
        defer { settleCharges() }
        guard let customer = portalSession(token)?.customer else { return "This page has expired." }
        switch action {
        case .cancel(let id): return changePortalSubscription(id, of: customer) { $0.cancel(subscription: id) }
        case .reactivate(let id): return changePortalSubscription(id, of: customer) { $0.reactivate(subscription: id) }
        case .change(let id, let price):
            var problem: String?
            let refusal = changePortalSubscription(id, of: customer) { problem = $0.change(subscription: id, to: price) }
            return refusal ?? problem
        case .replaceCard(let card):
            if let decline = card.declineOnSession { return decline.message }
            _ = replaceCard(of: customer, with: card)
            return nil
        }
    }

    private mutating func changePortalSubscription(_ id: String, of customer: String, _ change: (inout Account) -> Void) -> String? {
        guard let subscription = subscriptions[id], subscription.customer == customer, !subscription.hasEnded else {
            return "This plan cannot be changed."
        }
        change(&self)
        return nil
    }

    /// Ends a subscription with its period. The portal sets the end alone; before flexible billing it set both fields.
    private mutating func cancel(subscription id: String) {
        let isClassic = settings.eventVersion.isLegacy
        let time = now
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.cancelAt = $0.periodEnd
            $0.cancelAtPeriodEnd = isClassic
            $0.canceledAt = time
            $0.cancellation = .init(reason: "cancellation_requested")
        }
    }

    private mutating func reactivate(subscription id: String) {
        change(\.subscriptions, id, event: "customer.subscription.updated") {
            $0.cancelAt = nil
            $0.cancelAtPeriodEnd = false
            $0.canceledAt = nil
            $0.cancellation = .init()
        }
    }

    /// Changes the price of the only item, as the API would be asked to.
    private mutating func change(subscription id: String, to price: String) -> String? {
        guard let subscription = subscriptions[id], let item = subscription.items.first else { return nil }
        var parameters = Parameters(["items": .list([.hash(["id": .text(item.id), "price": .text(price)])])])
        do throws(APIError) {
            try update(subscription: id, try SubscriptionUpdate(&parameters, of: subscription, in: self))
            return nil
        } catch {
            return error.message
        }
    }
}
