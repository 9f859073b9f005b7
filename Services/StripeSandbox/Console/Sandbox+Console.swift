extension Sandbox {
    /// The account at this moment, for the page.
    var consoleView: ConsoleView {
        tick()
        return ConsoleView(
            time: HTTPDate.text(now), isFrozen: clock.isFrozen, isPaused: webhooksPaused,
            isChaotic: chaos.profile.isOn && !chaos.profile.rules.isEmpty, seed: String(chaos.seed),
            mishaps: ChaosKind.allCases.compactMap { kind in
                chaos.counts[kind].map { ConsoleView.Count(name: kind.rawValue, number: String($0)) }
            },
            totals: totals, customers: shownCustomers, subscriptions: shownSubscriptions, events: shownEvents, endpoints: shownEndpoints,
            faults: faults.map { ConsoleView.Count(name: "\($0.method ?? "any") \($0.path ?? "path")", number: String($0.times)) })
    }

    private var totals: [ConsoleView.Count] {
        let counts = [
            ("Customers", account.customers.count), ("Subscriptions", account.subscriptions.count), ("Invoices", account.invoices.count),
            ("Charges", account.charges.count), ("Events", account.events.count),
            ("Undelivered", queues.reduce(0) { $0 + $1.undelivered }), ("API calls", records.count),
        ]
        return counts.map { ConsoleView.Count(name: $0.0, number: String($0.1)) }
    }

    private var shownCustomers: [ConsoleView.Customer] {
        let subscriptions = Dictionary(grouping: account.subscriptions.all, by: \.customer)
        let charges = Dictionary(grouping: account.charges.all.filter(\.succeeded)) { $0.customer ?? "" }
        return account.customers.newestFirst.prefix(ConsoleView.most).map { customer in
            let amounts = Dictionary(grouping: charges[customer.id] ?? [], by: \.currency).sorted { $0.key < $1.key }
            let collected = amounts.map { currency, charges in Money(charges.reduce(0) { $0 + $1.amount }, currency).description }
            return ConsoleView.Customer(
                id: customer.id, name: customer.deleted ? "(deleted)" : customer.name ?? "", email: customer.email ?? "",
                subscriptions: (subscriptions[customer.id] ?? []).map(\.status.rawValue).joined(separator: ", "),
                collected: collected.joined(separator: ", "))
        }
    }

    private var shownSubscriptions: [ConsoleView.Subscription] {
        account.subscriptions.newestFirst.prefix(ConsoleView.most).map { subscription in
            let products = subscription.items.compactMap { account.prices[$0.price].flatMap { account.products[$0.product]?.name } }
            return ConsoleView.Subscription(
                id: subscription.id, customer: subscription.customer, plan: products.joined(separator: ", "),
                status: subscription.status.rawValue, until: HTTPDate.text(subscription.endedAt ?? subscription.periodEnd))
        }
    }

    private var shownEvents: [ConsoleView.Event] {
        account.events.newestFirst.prefix(ConsoleView.most).map {
            ConsoleView.Event(id: $0.id, type: $0.type, at: HTTPDate.text($0.created), pending: $0.pendingWebhooks > 0 ? "pending" : "")
        }
    }

    private var shownEndpoints: [ConsoleView.Endpoint] {
        targets.map { target in
            ConsoleView.Endpoint(
                url: target.url, undelivered: String(target.queue.undelivered), lastError: target.queue.failing.first?.lastError ?? "")
        }
    }
}
