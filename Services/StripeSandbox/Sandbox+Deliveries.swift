extension Sandbox {
    /// Where events go by the settings.
    var webhookURLs: [String] { targets.filter { $0.id == nil }.map(\.url) }

    /// What each target has not taken yet.
    var queues: [WebhookQueue] { targets.map(\.queue) }

    /// What the sender is to post now, and how long it may then wait without a ring; nil when no time matters.
    func takeShipments() -> ([WebhookShipment], Duration?) {
        guard !webhooksPaused else { return ([], nil) }
        let now = wall
        var shipments: [WebhookShipment] = []
        for index in targets.indices where !targets[index].isDisabled {
            let secrets = (targets[index].secrets ?? signing).valid(at: now)
            while let delivery = targets[index].queue.take(at: now) {
                guard let event = account.events[delivery.eventID] else { continue }
                shipments.append(
                    WebhookShipment(
                        target: targets[index].number, url: targets[index].url, eventID: event.id, copy: delivery.copy, key: delivery.key,
                        body: event.rendered.pretty, secrets: secrets))
            }
        }
        let soonest = targets.filter { !$0.isDisabled }.compactMap { $0.queue.wake(at: now) }.min()
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
        guard let index = targets.firstIndex(where: { $0.number == shipment.target }) else { return }
        targets[index].queue.finish(shipment.key, outcome, at: wall)
        if case .delivered = outcome, shipment.copy == 1 { account.events[shipment.eventID]?.pendingWebhooks -= 1 }
    }

    /// Sends events, also those still undelivered, to other addresses than the settings say from now on.
    func setWebhookURLs(_ urls: [String]) {
        var named = targets.filter { $0.id == nil }
        for (index, url) in urls.enumerated() {
            if named.indices.contains(index) { named[index].url = url } else { named.append(makeTarget(url)) }
        }
        named.removeLast(max(0, named.count - urls.count))
        for index in named.indices { named[index].queue.hurry() }
        targets = named + targets.filter { $0.id != nil }
        ring()
    }

    /// A target that has nothing to take yet.
    func makeTarget(_ url: String, id: String? = nil) -> WebhookTarget {
        madeTargets += 1
        var target = WebhookTarget(number: madeTargets, id: id, url: url)
        if unsaved != nil { target.queue.changes = ChangeLog() }
        return target
    }

    /// Puts an event on its way to all who want it.
    func send(_ id: String, _ fate: EventFate, at wall: Double) {
        guard let type = account.events[id]?.type else { return }
        var takers = 0
        for index in targets.indices where targets[index].wants(type) {
            takers += 1
            if !fate.isDropped { targets[index].queue.add(id, fate, at: wall) }
        }
        account.events[id]?.pendingWebhooks = takers
    }
}
