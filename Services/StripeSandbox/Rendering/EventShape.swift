extension Event: Resource {
    static let noun = "event"

    /// The event as it was made; the version asked for plays no part.
    func rendered(_ version: APIVersion, in account: Account) -> JSON { rendered }

    /// The event as it is delivered.
    var rendered: JSON {
        var data: JSON = ["object": object]
        if let previousAttributes { data["previous_attributes"] = previousAttributes }
        return [
            "id": .text(id), "object": "event", "api_version": .text(self.version.name), "created": .number(created), "data": data,
            "livemode": false, "pending_webhooks": .number(pendingWebhooks),
            "request": ["id": .optional(cause?.requestID), "idempotency_key": .optional(cause?.idempotencyKey)], "type": .text(type),
        ]
    }
}
