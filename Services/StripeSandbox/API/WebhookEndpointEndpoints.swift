extension Endpoint {
    static let webhookEndpoints: [Endpoint] = [
        Endpoint("GET", "/v1/webhook_endpoints/:endpoint") { account, call throws(APIError) in
            try call.parameters.finish()
            return try account.liveWebhookEndpoint(call.id).rendered(call.version, in: account)
        },
        Endpoint("GET", "/v1/webhook_endpoints") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            try call.parameters.finish()
            return try page.list(account.webhookEndpoints, of: account, call.version, url: "/v1/webhook_endpoints") { !$0.deleted }
        },
        Endpoint("POST", "/v1/webhook_endpoints", makeWebhookEndpoint),
        Endpoint("POST", "/v1/webhook_endpoints/:endpoint", updateWebhookEndpoint),
        Endpoint("DELETE", "/v1/webhook_endpoints/:endpoint") { account, call throws(APIError) in
            try call.parameters.finish()
            _ = try account.liveWebhookEndpoint(call.id)
            account.webhookEndpoints[call.id]?.deleted = true
            return try account.webhookEndpoints.find(call.id).rendered(call.version, in: account)
        },
    ]

    @Sendable
    private static func makeWebhookEndpoint(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let url = try call.parameters.url("url").orMissing("url")
        let types = try enabledEvents(&call.parameters).orMissing("enabled_events")
        let description = try call.parameters.text("description")
        let metadata = try call.parameters.metadata().applied()
        if let version = try call.parameters.text("api_version"), version != account.settings.eventVersion.name {
            throw call.parameters.invalid(
                "api_version", "The sandbox makes all events in one version, \(account.settings.eventVersion.name).")
        }
        call.parameters.ignore("connect")
        try call.parameters.finish()
        let endpoint = WebhookEndpoint(
            id: Identifier.object("we_"), created: account.now, secret: "whsec_" + Identifier.random(32), url: url, enabledEvents: types,
            description: description, metadata: metadata)
        account.webhookEndpoints.insert(endpoint)
        var answer = endpoint.rendered(call.version, in: account)
        answer["secret"] = .text(endpoint.secret)
        return answer
    }

    @Sendable
    private static func updateWebhookEndpoint(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        var endpoint = try account.liveWebhookEndpoint(call.id)
        endpoint.url = try call.parameters.url("url") ?? endpoint.url
        endpoint.enabledEvents = try enabledEvents(&call.parameters) ?? endpoint.enabledEvents
        if let description = try call.parameters.given("description") { endpoint.description = description.isEmpty ? nil : description }
        endpoint.metadata = try call.parameters.metadata().applied(to: endpoint.metadata)
        endpoint.disabled = try call.parameters.flag("disabled") ?? endpoint.disabled
        try call.parameters.finish()
        account.webhookEndpoints[call.id] = endpoint
        return endpoint.rendered(call.version, in: account)
    }

    /// The types of events asked for; nil where none are.
    private static func enabledEvents(_ parameters: inout Parameters) throws(APIError) -> [String]? {
        let types = try parameters.texts("enabled_events")
        for (index, type) in types.enumerated() where type != "*" && !EventTypes.known.contains(type) {
            throw parameters.invalid("enabled_events[\(index)]", "Invalid enabled_events[\(index)]: there is no event of type \(type)")
        }
        return types.isEmpty ? nil : types
    }
}

extension Account {
    /// A webhook endpoint that has not been deleted.
    fileprivate func liveWebhookEndpoint(_ id: String) throws(APIError) -> WebhookEndpoint {
        let endpoint = try webhookEndpoints.find(id, param: "webhook_endpoint")
        if endpoint.deleted { throw .noSuch(WebhookEndpoint.noun, id, param: "webhook_endpoint") }
        return endpoint
    }
}
