package import Models

package import struct Foundation.Date

/// A subscription to a plan was heard of or has changed: its whole present state, with what recurring revenue is counted from.
///
/// Published by checkout; consumed by analytics, which keeps the state of the highest `version` and ignores the rest, and by enforcement, which
/// looks at whose subscription it has heard nothing of.
package struct SubscriptionChanged: FixedMessage, Hashable {
    /// Which one.
    package var subscriptionID: SubscriptionID
    /// Grows with every change of this subscription.
    package var version: Int64
    /// Whose it is.
    package var userID: UserID
    /// The plan that it is to; nil where that is not known.
    package var planID: String?
    /// As Stripe says it; an open set.
    package var status: String
    /// Minor units for one period, all items and their quantities together, before discounts; nil where a price has no one amount.
    package var amount: Int64?
    /// Lower-case ISO code.
    package var currency: String?
    /// day, week, month or year; nil where the items differ.
    package var interval: String?
    /// How many intervals a period has.
    package var intervalCount: Int64?
    /// How many of the plan's item it has.
    package var quantity: Int64?
    /// What is taken off each period.
    package var discount: Discount?
    /// The paid period.
    package var currentPeriodStart: Date?
    /// Its end.
    package var currentPeriodEnd: Date?
    /// True whenever an end is scheduled, by whichever of Stripe's two fields.
    package var cancelAtPeriodEnd: Bool
    /// When it will end.
    package var cancelAt: Date?
    /// When its end was asked for.
    package var canceledAt: Date?
    /// When it ended.
    package var endedAt: Date?
    /// cancellation_requested, payment_failed, payment_disputed, …; an open set.
    package var cancellationReason: String?
    /// End of the trial, past or future.
    package var trialEnd: Date?
    /// When it was made at Stripe.
    package var createdAt: Date
    /// Stripe's time of what this is built from.
    package var changedAt: Date

    /// What is taken off each period: a share or an amount.
    package struct Discount: Codable, Sendable, Hashable {
        /// Percent.
        package var percentOff: Double?
        /// Minor units.
        package var amountOff: Int64?
        /// Until when; nil for ever.
        package var end: Date?
        /// The part of the percent that holds for ever: what recurring revenue is less by. Nil where nobody asked.
        package var percentOffForever: Double?
        /// Minor units; the same.
        package var amountOffForever: Int64?

        package init(
            percentOff: Double? = nil, amountOff: Int64? = nil, end: Date? = nil, percentOffForever: Double? = nil,
            amountOffForever: Int64? = nil
        ) {
            self.percentOff = percentOff
            self.amountOff = amountOff
            self.end = end
            self.percentOffForever = percentOffForever
            self.amountOffForever = amountOffForever
        }
    }

    package init(
        subscriptionID: SubscriptionID, version: Int64, userID: UserID, planID: String?, status: String, amount: Int64?, currency: String?,
        interval: String?, intervalCount: Int64?, quantity: Int64?, discount: Discount? = nil, currentPeriodStart: Date?,
        currentPeriodEnd: Date?, cancelAtPeriodEnd: Bool, cancelAt: Date? = nil, canceledAt: Date? = nil, endedAt: Date? = nil,
        cancellationReason: String? = nil, trialEnd: Date? = nil, createdAt: Date, changedAt: Date
    ) {
        self.subscriptionID = subscriptionID
        self.version = version
        self.userID = userID
        self.planID = planID
        self.status = status
        self.amount = amount
        self.currency = currency
        self.interval = interval
        self.intervalCount = intervalCount
        self.quantity = quantity
        self.discount = discount
        self.currentPeriodStart = currentPeriodStart
        self.currentPeriodEnd = currentPeriodEnd
        self.cancelAtPeriodEnd = cancelAtPeriodEnd
        self.cancelAt = cancelAt
        self.canceledAt = canceledAt
        self.endedAt = endedAt
        self.cancellationReason = cancellationReason
        self.trialEnd = trialEnd
        self.createdAt = createdAt
        self.changedAt = changedAt
    }

    /// Where it is published.
    package static let exchange = Exchange.paymentsEvents
    /// Its key, for good.
    package static let key = "subscription.changed.v1"
    /// What counts is the highest version.
    package static let isWholeState = true
    /// The subscription.
    package var subject: String? { subscriptionID.rawValue }
}
