extension WebhookEndpoint: Resource {
    static let noun = "webhook endpoint"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        if deleted { return ["id": .text(id), "object": "webhook_endpoint", "deleted": true] }
        return .resource(
            id: id, object: "webhook_endpoint",
            [
                "created": .number(created), "description": .optional(description), "enabled_events": .list(enabledEvents.map(JSON.text)),
                "livemode": false, "metadata": .metadata(metadata), "status": disabled ? "disabled" : "enabled", "url": .text(url),
            ], nulls: ["api_version", "application"])
    }
}
