extension Product: Resource {
    static let noun = "product"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        .resource(
            id: id, object: "product",
            [
                "active": true, "description": .optional(description), "created": .number(created),
                "default_price": .optional(defaultPrice), "images": [], "livemode": false,
                "marketing_features": [], "metadata": .metadata(metadata), "name": .text(name), "type": "service",
                "updated": .number(created),
            ],
            nulls: ["package_dimensions", "shippable", "statement_descriptor", "tax_code", "unit_label", "url"])
    }
}

extension Price: Resource {
    static let noun = "price"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        .resource(
            id: id, object: "price",
            [
                "active": .flag(active), "billing_scheme": "per_unit", "created": .number(created), "currency": .text(currency),
                "livemode": false, "lookup_key": .optional(lookupKey), "metadata": .metadata(metadata), "nickname": .optional(nickname),
                "product": .text(product),
                "recurring": isRecurring ? interval(version) : .null, "tax_behavior": "unspecified",
                "type": isRecurring ? "recurring" : "one_time", "unit_amount": .number(unitAmount),
                "unit_amount_decimal": .text(String(unitAmount)),
            ],
            nulls: ["custom_unit_amount", "tiers_mode", "transform_quantity"])
    }

    private func interval(_ version: APIVersion) -> JSON {
        var interval: JSON = ["interval": "month", "interval_count": 1, "meter": nil, "trial_period_days": nil, "usage_type": "licensed"]
        if version.isLegacy { interval["aggregate_usage"] = .null }
        return interval
    }

    /// The same price in the shape of the older `plan` object, which subscriptions still carry.
    func renderedPlan(_ version: APIVersion) -> JSON {
        .resource(
            id: id, object: "plan",
            [
                "active": .flag(active), "amount": .number(unitAmount), "amount_decimal": .text(String(unitAmount)),
                "billing_scheme": "per_unit", "created": .number(created), "currency": .text(currency), "interval": "month",
                "interval_count": 1, "livemode": false, "metadata": .metadata(metadata), "nickname": .optional(nickname),
                "product": .text(product), "usage_type": "licensed",
            ],
            nulls: ["meter", "tiers_mode", "transform_usage", "trial_period_days"]
                + (version.isLegacy ? ["aggregate_usage"] : []))
    }
}
