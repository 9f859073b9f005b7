extension Sandbox {
    /// Has the targets follow the endpoints that the API made, changed or deleted.
    func followWebhookEndpoints() {
        let endpoints = account.webhookEndpoints
        guard endpoints.count > 0 else { return }
        targets.removeAll { target in target.id.map { endpoints[$0]?.deleted != false } ?? false }
        for endpoint in endpoints.all where !endpoint.deleted {
            let index = targets.firstIndex { $0.id == endpoint.id } ?? targets.endIndex
            if index == targets.endIndex {
                var target = makeTarget(endpoint.url, id: endpoint.id)
                target.secrets = SigningSecrets(endpoint.secret)
                targets.append(target)
            }
            targets[index].url = endpoint.url
            targets[index].types = endpoint.enabledEvents.contains("*") ? nil : Set(endpoint.enabledEvents)
            targets[index].isDisabled = endpoint.disabled
        }
    }
}
