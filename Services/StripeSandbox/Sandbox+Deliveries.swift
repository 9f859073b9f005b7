extension Sandbox {
    /// What the sender is to post now, and how long it may then wait without a ring; nil when no time matters.
    func takeShipments() -> ([WebhookShipment], Duration?) {
        guard !webhooksPaused else { return ([], nil) }
        let now = wall
        var shipments: [WebhookShipment] = []
        for (index, url) in webhookURLs.enumerated() {
            while let delivery = queues[index].take(at: now) {
                guard let event = account.events[delivery.eventID] else { continue }
                shipments.append(
                    WebhookShipment(
                        endpoint: index, url: url, eventID: event.id, copy: delivery.copy, key: delivery.key,
                        body: event.rendered.pretty))
            }
        }
        let soonest = queues.compactMap { $0.wake(at: now) }.min()
        guard let soonest, wakeAt.map({ soonest < $0 || $0 <= now }) ?? true else { return (shipments, nil) }
        wakeAt = soonest
        return (shipments, .milliseconds(Int((soonest - now) * 1000) + 1))
    }

    /// The time that was asked for has come.
    func ringForWake() {
        wakeAt = nil
        ring()
    }

    /// Records how a try ended.
    func finish(_ shipment: WebhookShipment, _ outcome: WebhookOutcome) {
        defer { ring() }
        guard queues.indices.contains(shipment.endpoint) else { return }
        queues[shipment.endpoint].finish(shipment.key, outcome, at: wall)
        if case .delivered = outcome, shipment.copy == 1 { account.events[shipment.eventID]?.pendingWebhooks -= 1 }
    }

    /// Sends events, also those still undelivered, to other addresses from now on.
    func setWebhookURLs(_ urls: [String]) {
        webhookURLs = urls
        account.webhookEndpoints = urls.count
        while queues.count < urls.count { queues.append(WebhookQueue()) }
        queues.removeLast(queues.count - urls.count)
        for index in queues.indices { queues[index].hurry() }
        ring()
    }
}
