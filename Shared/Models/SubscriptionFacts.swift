package import struct Foundation.Date

/// What is used of Stripe's subscription, free of API versions: a snapshot, not a change.
package struct SubscriptionFacts: Codable, Sendable, Hashable {
    /// Stripe's id.
    package var id: SubscriptionID
    /// Whose it is.
    package var customerID: CustomerID
    /// `metadata.user_id`, set by checkout on sign-up.
    package var userID: UserID?
    /// `metadata.plan_id`: the plan that checkout opened it for, which says nothing of what it was changed to since.
    package var openedFor: Plan?
    /// `metadata.installation`: which installation of this system opened it; nil where that is not said.
    package var installation: String?
    /// Its status at that moment.
    package var status: SubscriptionStatus
    /// The price of its first item.
    package var priceID: PriceID?
    /// The prices of its other items, in their order; nil where there is one item.
    package var otherPriceIDs: [PriceID]?
    /// Start of the paid period: the latest of its items (their own periods since 2025-03-31).
    package var currentPeriodStart: Date?
    /// End of the paid period: the latest of its items.
    package var currentPeriodEnd: Date?
    /// Stripe's flag as sent; the portal in flexible billing mode sets only `cancelAt`.
    package var cancelAtPeriodEnd: Bool
    /// When it will end, or ended by schedule.
    package var cancelAt: Date?
    /// When cancellation was asked for.
    package var canceledAt: Date?
    /// When it ended.
    package var endedAt: Date?
    /// `cancellation_details.reason`, an open set.
    package var cancellationReason: String?
    /// While its invoices are not collected on somebody's order: what becomes of them. The status says nothing of it.
    package var pauseCollection: PauseCollection?
    /// What it bills each period; nil where that is not known, as in what was stored before it was asked.
    package var items: [SubscriptionItem]?
    /// The discounts on it, by Stripe's ids; what each takes off is asked for by itself. Nil where there is none.
    package var discountIDs: [String]?
    /// While a change of it waits for its payment: until when it can be paid (`pending_update`).
    package var pendingUpdateUntil: Date?
    /// The newest invoice, a draft too.
    package var latestInvoiceID: InvoiceID?
    /// End of the trial, past or future.
    package var trialEnd: Date?
    /// When it was created at Stripe.
    package var created: Date

    package init(
        id: SubscriptionID, customerID: CustomerID, userID: UserID? = nil, openedFor: Plan? = nil, installation: String? = nil,
        status: SubscriptionStatus, priceID: PriceID? = nil, otherPriceIDs: [PriceID]? = nil, currentPeriodStart: Date? = nil,
        currentPeriodEnd: Date? = nil, cancelAtPeriodEnd: Bool = false, cancelAt: Date? = nil,
        canceledAt: Date? = nil, endedAt: Date? = nil, cancellationReason: String? = nil, pauseCollection: PauseCollection? = nil,
        items: [SubscriptionItem]? = nil, discountIDs: [String]? = nil, pendingUpdateUntil: Date? = nil, latestInvoiceID: InvoiceID? = nil,
        trialEnd: Date? = nil, created: Date
    ) {
        self.id = id
        self.customerID = customerID
        self.userID = userID
        self.openedFor = openedFor
        self.installation = installation
        self.status = status
        self.priceID = priceID
        self.otherPriceIDs = otherPriceIDs
        self.currentPeriodStart = currentPeriodStart
        self.currentPeriodEnd = currentPeriodEnd
        self.cancelAtPeriodEnd = cancelAtPeriodEnd
        self.cancelAt = cancelAt
        self.canceledAt = canceledAt
        self.endedAt = endedAt
        self.cancellationReason = cancellationReason
        self.pauseCollection = pauseCollection
        self.items = items
        self.discountIDs = discountIDs
        self.pendingUpdateUntil = pendingUpdateUntil
        self.latestInvoiceID = latestInvoiceID
        self.trialEnd = trialEnd
        self.created = created
    }

    /// The prices of all its items.
    package var prices: [PriceID] { [priceID].compactMap(\.self) + (otherPriceIDs ?? []) }

    /// Until when it entitles by what is known now, which is before the end of what was paid if an end is scheduled or a trial runs: the earliest
    /// of them. Nil when it entitles to nothing, or that takes more than the subscription to say.
    package var entitledUntil: Date? {
        switch status {
        case .active: [currentPeriodEnd, cancelAt].compactMap(\.self).min()
        case .trialing: [currentPeriodEnd, cancelAt, trialEnd].compactMap(\.self).min()
        default: nil
        }
    }

    /// Whether an end is scheduled and has not come: Stripe says so by either of two fields.
    package var isEndScheduled: Bool { !status.isEnded && (cancelAtPeriodEnd || cancelAt != nil) }
}

/// What a discount takes off each period.
package struct DiscountFacts: Codable, Sendable, Hashable {
    /// Stripe's id (`di_…`).
    package var id: String
    /// Percent; nil where it is an amount.
    package var percentOff: Double?
    /// Minor units; nil where it is a share.
    package var amountOff: Int64?
    /// Until when; nil for ever, and for what holds once.
    package var end: Date?
    /// once, repeating or forever, as its coupon says; an open set.
    package var duration: String?

    package init(id: String, percentOff: Double? = nil, amountOff: Int64? = nil, end: Date? = nil, duration: String? = nil) {
        self.id = id
        self.duration = duration
        self.percentOff = percentOff
        self.amountOff = amountOff
        self.end = end
    }
}

/// One item of a subscription: a price, so many times a period.
package struct SubscriptionItem: Codable, Sendable, Hashable {
    /// Stripe's id (`si_…`).
    package var id: String
    /// What it is sold at.
    package var priceID: PriceID?
    /// How many of it a period has.
    package var quantity: Int64
    /// Minor units for one of it and one period; nil where the price is of tiers or of fractions.
    package var unitAmount: Int64?
    /// Lower-case ISO code.
    package var currency: String?
    /// day, week, month or year.
    package var interval: String?
    /// How many intervals a period has.
    package var intervalCount: Int64?

    package init(
        id: String, priceID: PriceID?, quantity: Int64 = 1, unitAmount: Int64? = nil, currency: String? = nil, interval: String? = nil,
        intervalCount: Int64? = nil
    ) {
        self.id = id
        self.priceID = priceID
        self.quantity = quantity
        self.unitAmount = unitAmount
        self.currency = currency
        self.interval = interval
        self.intervalCount = intervalCount
    }
}

/// What Stripe's subscription says while its collection is paused (`pause_collection`).
package struct PauseCollection: Codable, Sendable, Hashable {
    /// void, keep_as_draft or mark_uncollectible; an open set.
    package var behavior: String
    /// When collection goes on by itself; nil where somebody must order it.
    package var resumesAt: Date?

    package init(behavior: String, resumesAt: Date? = nil) {
        self.behavior = behavior
        self.resumesAt = resumesAt
    }
}
