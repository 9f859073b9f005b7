/// Replaces ids in an answer by the objects they name, as `expand[]` asks.
struct Expansion {
    private let version: APIVersion
    private let account: Account

    init(_ version: APIVersion, _ account: Account) {
        self.version = version
        self.account = account
    }

    /// What may be expanded, by kind of object, as paths inside it. A name after `+` is absent until it is asked for.
    private static let expandable: [String: Set<String>] = [
        "customer": ["default_source", "invoice_settings.default_payment_method", "test_clock", "+subscriptions"],
        "subscription": [
            "customer", "latest_invoice", "default_payment_method", "default_source", "pending_setup_intent", "schedule", "test_clock",
            "application", "on_behalf_of", "plan.product", "discounts",
        ],
        "invoice": [
            "customer", "default_payment_method", "default_source", "parent.subscription_details.subscription", "subscription",
            "payment_intent", "charge", "+payments", "latest_revision", "on_behalf_of", "test_clock", "discounts",
        ],
        "invoice_payment": ["invoice", "payment.payment_intent"],
        "line_item": ["pricing.price_details.price"],
        "payment_intent": ["customer", "payment_method", "latest_charge", "invoice", "application", "review"],
        "charge": ["customer", "payment_intent", "invoice", "dispute", "balance_transaction", "failure_balance_transaction"],
        "discount": ["customer", "promotion_code", "source.coupon"],
        "promotion_code": ["customer", "promotion.coupon"],
        "dispute": ["charge", "payment_intent"],
        "refund": ["charge", "payment_intent", "balance_transaction", "failure_balance_transaction"],
        "payment_method": ["customer"],
        "price": ["product"],
        "plan": ["product"],
        "product": ["default_price"],
        "checkout.session": ["customer", "subscription", "invoice", "payment_intent", "setup_intent", "payment_link", "+line_items"],
    ]

    /// The answer with one path expanded.
    ///
    /// - Throws: `APIError` 400 when there is nothing to expand on that path, or it is deeper than 4.
    func expanding(_ path: String, in answer: JSON) throws(APIError) -> JSON {
        let segments = path.split(separator: ".").map(String.init)
        guard !segments.isEmpty, segments.filter({ $0 != "data" }).count <= 4 else {
            throw .invalidRequest("You cannot expand more than 4 levels of a property. Property: \(path)", param: "expand")
        }
        return try expand(answer, segments[...], kind: answer["object"]?.string ?? "", within: "", path: path)
    }

    private func expand(
        _ node: JSON, _ rest: ArraySlice<String>, kind: String, within: String, path: String
    ) throws(APIError) -> JSON {
        guard let name = rest.first else { return node }
        let further = rest.dropFirst()
        if node["object"] == "list" {
            guard name == "data" else { throw refusal(path) }
            var list = node
            var elements: [JSON] = []
            for element in node["data"]?.elements ?? [] {
                elements.append(try expand(element, further, kind: element["object"]?.string ?? "", within: "", path: path))
            }
            list["data"] = .list(elements)
            return list
        }
        let inside = within.isEmpty ? name : within + "." + name
        let expandable = Self.expandable[kind] ?? []
        var object = node
        var value = node[name]
        if value == nil, expandable.contains("+" + inside) { value = included(inside, of: node, kind) }
        switch value {
        case .text(let id)? where expandable.contains(inside): value = resource(id) ?? .text(id)
        case .list(let ids)? where expandable.contains(inside):
            var elements = ids.map { id in id.string.flatMap { resource($0) } ?? id }
            if !further.isEmpty {
                elements = try elements.map { element throws(APIError) in
                    try expand(element, further, kind: element["object"]?.string ?? "", within: "", path: path)
                }
            }
            object[name] = .list(elements)
            return object
        case .null? where expandable.contains(inside) || !further.isEmpty: return node
        case .object?: break
        default: throw refusal(path)
        }
        guard let value else { throw refusal(path) }
        let isResource = value["object"] != nil
        if further.isEmpty && !isResource { throw refusal(path) }
        object[name] = try expand(
            value, further, kind: isResource ? value["object"]?.string ?? "" : kind, within: isResource ? "" : inside, path: path)
        return object
    }

    private func resource(_ id: String) -> JSON? {
        account.rendered(id, version) ?? account.balanceTransaction(id)?.rendered(version)
    }

    private func refusal(_ path: String) -> APIError {
        .invalidRequest("This property cannot be expanded (\(path)).", param: "expand")
    }

    private func included(_ name: String, of node: JSON, _ kind: String) -> JSON? {
        let id = node["id"]?.string ?? ""
        func list(_ rows: [JSON], _ url: String) -> JSON {
            ["object": "list", "data": .list(rows), "has_more": false, "total_count": .number(rows.count), "url": .text(url)]
        }
        switch (kind, name) {
        case ("checkout.session", "line_items"): return account.sessions[id]?.renderedLines(version, in: account)
        case ("invoice", "payments") where !version.isLegacy:
            let payment = account.invoicePayments[account.invoices[id]?.invoicePayment]
            return list(payment.map { [$0.rendered(version, in: account)] } ?? [], "/v1/invoice_payments?invoice=\(id)")
        case ("customer", "subscriptions"):
            let rows = account.subscriptions.newestFirst.filter { $0.customer == id && !$0.hasEnded }
            return list(rows.map { $0.rendered(version, in: account) }, "/v1/customers/\(id)/subscriptions")
        default: return nil
        }
    }
}
