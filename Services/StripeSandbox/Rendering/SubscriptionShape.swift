extension Subscription: Resource {
    static let noun = "subscription"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        var subscription = JSON.resource(
            id: id, object: "subscription", facts(version, in: account),
            nulls: [
                "application", "application_fee_percent", "billing_cycle_anchor_config", "billing_thresholds",
                "default_source", "next_pending_invoice_item_invoice", "on_behalf_of",
                "pending_invoice_item_interval", "pending_setup_intent", "schedule", "test_clock", "transfer_data",
            ])
        if version.hasStatusDetails {
            let details: JSON = pauseType.map { type -> JSON in ["paused": ["subscription": ["type": .text(type)]]] } ?? .null
            subscription["status_details"] = status == .paused ? details : .null
        }
        subscription["description"] = .optional(description)
        subscription["days_until_due"] = .optional(daysUntilDue)
        subscription["pending_update"] = renderedUpdate(version, in: account)
        subscription["test_clock"] = .optional(account.customers[customer]?.testClock)
        if version.isLegacy {
            subscription["current_period_end"] = .number(periodEnd)
            subscription["current_period_start"] = .number(periodStart)
            subscription["discount"] = account.discounts[discounts.first]?.rendered(version, in: account) ?? .null
        } else {
            subscription["billing_mode"] = [
                "flexible": ["proration_discounts": "included"], "type": "flexible", "updated_at": .number(created),
            ]
            subscription["billing_schedules"] = []
            subscription["customer_account"] = .null
        }
        return subscription
    }

    private func facts(_ version: APIVersion, in account: Account) -> JSON {
        [
            "automatic_tax": version.isLegacy
                ? ["enabled": false, "liability": nil] : ["disabled_reason": nil, "enabled": false, "liability": nil],
            "billing_cycle_anchor": .number(billingCycleAnchor), "cancel_at": .optional(cancelAt),
            "cancel_at_period_end": .flag(cancelAtPeriodEnd), "canceled_at": .optional(canceledAt),
            "cancellation_details": [
                "comment": .optional(cancellation.comment), "feedback": .optional(cancellation.feedback),
                "reason": .optional(cancellation.reason),
            ],
            "collection_method": .text(collection.rawValue), "created": .number(created), "currency": .text(currency),
            "customer": .text(customer), "default_payment_method": .optional(defaultPaymentMethod), "default_tax_rates": [],
            "discounts": .list(discounts.map(JSON.text)), "ended_at": .optional(endedAt),
            "invoice_settings": ["account_tax_ids": nil, "issuer": ["type": "self"]], "items": renderedItems(version, in: account),
            "latest_invoice": .optional(latestInvoice), "livemode": false, "metadata": .metadata(metadata),
            "pause_collection": renderedPause,
            "payment_settings": [
                "payment_method_options": nil, "payment_method_types": nil,
                "save_default_payment_method": savesDefaultMethod ? "on_subscription" : "off",
            ],
            "plan": account.prices[items.first?.price]?.renderedPlan(version) ?? .null,
            "quantity": .optional(items.first?.quantity), "start_date": .number(created), "status": .text(status.rawValue),
            "trial_end": .optional(trialEnd),
            "trial_settings": ["end_behavior": ["missing_payment_method": .text(missingPaymentMethod.rawValue)]],
            "trial_start": .optional(trialStart),
        ]
    }

    private var renderedPause: JSON {
        guard let pauseCollection else { return .null }
        return ["behavior": .text(pauseCollection.behavior.rawValue), "resumes_at": .optional(pauseCollection.resumesAt)]
    }

    private func renderedUpdate(_ version: APIVersion, in account: Account) -> JSON {
        guard let update = pendingUpdate, update.isTold else { return .null }
        return [
            "billing_cycle_anchor": nil, "expires_at": .number(update.expiresAt),
            "subscription_items": .list(renderedItems(update.items, version, in: account)), "trial_end": nil, "trial_from_plan": nil,
        ]
    }

    private func renderedItems(_ version: APIVersion, in account: Account) -> JSON {
        let data = renderedItems(items, version, in: account)
        return [
            "object": "list", "data": .list(data), "has_more": false, "total_count": .number(data.count),
            "url": .text("/v1/subscription_items?subscription=\(id)"),
        ]
    }

    private func renderedItems(_ items: [Item], _ version: APIVersion, in account: Account) -> [JSON] {
        items.compactMap { item -> JSON? in
            guard let price = account.prices[item.price] else { return nil }
            var rendered = JSON.resource(
                id: item.id, object: "subscription_item",
                [
                    "billing_thresholds": nil, "created": .number(created), "discounts": [], "metadata": .metadata(item.metadata),
                    "plan": price.renderedPlan(version), "price": price.rendered(version, in: account),
                    "quantity": .number(item.quantity), "subscription": .text(id), "tax_rates": [],
                ])
            if !version.isLegacy {
                rendered["current_period_end"] = .number(periodEnd)
                rendered["current_period_start"] = .number(periodStart)
            }
            return rendered
        }
    }
}
