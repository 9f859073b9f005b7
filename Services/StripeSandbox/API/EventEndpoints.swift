extension Endpoint {
    static let events = [
        retrieve("/v1/events/:id", \.events),
        Endpoint("GET", "/v1/events") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let type = try call.parameters.text("type")
            let types = try call.parameters.texts("types")
            let delivered = try call.parameters.flag("delivery_success")
            try call.parameters.finish()
            if type != nil && !types.isEmpty {
                throw .invalidRequest("You may only specify one of these parameters: type, types.", param: "types")
            }
            // Stripe keeps events for 30 days.
            let oldest = account.now - 30 * 86_400
            return try page.list(account.events, of: account, call.version, url: "/v1/events") { event in
                event.created >= oldest && (type.map(event.matches) ?? true) && (types.isEmpty || types.contains(where: event.matches))
                    && (delivered == nil || delivered == (event.pendingWebhooks == 0))
            }
        },
    ]
}

extension Event {
    /// Whether a filter names this type, or its family as `invoice.*`.
    fileprivate func matches(_ filter: String) -> Bool {
        filter == type || filter == "*" || (filter.hasSuffix(".*") && type.hasPrefix(filter.dropLast()))
    }
}
