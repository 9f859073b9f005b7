import Models

extension InvoiceFacts: StripeResource {
    static let objectName = "invoice"

    /// What a subscription invoice bills hangs under `parent` since 2025-03-31 and lay at the top before; its intent, then a field, is
    /// now in `payments`, which comes only when it is expanded. The metadata of single lines names nobody: whoever writes an invoice by
    /// hand can put anything there.
    init(stripe invoice: Fields) throws {
        let lines = try invoice.rows("lines")
        let details = try invoice.object("parent")?.object("subscription_details") ?? invoice.object("subscription_details")
        let payment = try Self.collectingPayment(invoice.rows("payments"))
        let prices = try Self.prices(lines)
        let offStripe = try invoice.integer("amount_paid_off_stripe") ?? 0
        self.init(
            id: try invoice.required("id", invoice.id("id")),
            customerID: try invoice.id("customer"),
            subscriptionID: try details?.id("subscription") ?? invoice.id("subscription") ?? Self.subscription(lines),
            userID: try (details?.metadata("user_id") ?? invoice.metadata("user_id")).map(UserID.init(rawValue:)),
            status: try invoice.text("status"),
            billingReason: try invoice.text("billing_reason"),
            collectionMethod: try invoice.text("collection_method"),
            dueDate: try invoice.time("due_date"),
            serviceEnd: try lines.filter { try $0.isOfSubscription() && !$0.isCredit() }.compactMap { try $0.object("period")?.time("end") }
                .max(),
            currency: try invoice.required("currency", invoice.text("currency")),
            amountDue: try invoice.integer("amount_due") ?? 0,
            amountPaid: try invoice.integer("amount_paid") ?? 0,
            attemptCount: Int(try invoice.integer("attempt_count") ?? 0),
            nextPaymentAttempt: try invoice.time("next_payment_attempt"),
            hostedURL: try invoice.text("hosted_invoice_url"),
            paymentIntentID: try invoice.id("payment_intent") ?? payment?.id("payment_intent"),
            chargeID: try invoice.id("charge") ?? payment?.id("charge"),
            priceID: prices.first,
            otherPriceIDs: prices.others,
            paidOutOfBand: try invoice.flag("paid_out_of_band") ?? (offStripe > 0),
            paidAt: try invoice.object("status_transitions")?.time("paid_at"),
            metadata: try details?.metadata() ?? invoice.metadata(),
            created: try invoice.required("created", invoice.time("created")))
    }

    /// The default payment, else the one that was paid, else the first: an invoice can keep canceled payments.
    private static func collectingPayment(_ payments: [Fields]) throws -> Fields? {
        let chosen = try payments.first { try $0.flag("is_default") == true } ?? payments.first { try $0.text("status") == "paid" }
        return try (chosen ?? payments.first)?.object("payment")
    }

    private static func subscription(_ lines: [Fields]) throws -> SubscriptionID? {
        for line in lines {
            let parent = try line.object("parent")?.object("subscription_item_details")
            if let id: SubscriptionID = try parent?.id("subscription") ?? line.id("subscription") { return id }
        }
        return nil
    }

    /// The prices of all lines, each once. A change of plan credits the old price and charges the new one on one invoice, and anything else may
    /// stand on it too: lines of a subscription come first and the later before the earlier, credits last of all.
    private static func prices(_ lines: [Fields]) throws -> [PriceID] {
        var ranked: [(rank: Int, price: PriceID)] = []
        for line in lines.reversed() {
            guard let price = try line.price() else { continue }
            ranked.append((try line.isCredit() ? 2 : line.isOfSubscription() ? 0 : 1, price))
        }
        var seen: Set<PriceID> = []
        return (0...2).flatMap { rank in ranked.filter { $0.rank == rank }.map(\.price) }.filter { seen.insert($0).inserted }
    }
}

extension Fields {
    /// Whether this line of an invoice gives money back.
    fileprivate func isCredit() throws -> Bool { try (integer("amount") ?? 0) < 0 }

    /// Whether this line of an invoice bills a subscription: `parent` since 2025-03-31, `type` before.
    fileprivate func isOfSubscription() throws -> Bool {
        try text("type") == "subscription" || object("parent")?.text("type") == "subscription_item_details"
    }
}
