import Foundation
import Models
import Postgres

/// A subscription as customers see it: S in the API.
struct SubscriptionAnswer: Encodable, Sendable {
    var id: SubscriptionID
    var planID: Plan?
    var planName: String?
    var status: SubscriptionStatus
    var currentPeriodStart: Date?
    var currentPeriodEnd: Date?
    /// True whenever an end is scheduled, by whichever of Stripe's two fields.
    var cancelAtPeriodEnd: Bool
    var cancelAt: Date?
    var canceledAt: Date?
    /// Whether a VM may run.
    var entitled: Bool
    var entitledUntil: Date?
    /// While somebody has ordered Stripe not to collect its invoices.
    var collectionPaused: CollectionPaused?
    var paymentProblem: PaymentProblem?

    /// What becomes of its invoices meanwhile, and until when.
    struct CollectionPaused: Encodable, Sendable {
        var behavior: String
        var resumesAt: Date?

        private enum CodingKeys: CodingKey {
            case behavior, resumesAt
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(behavior, forKey: .behavior)
            try container.encode(resumesAt, forKey: .resumesAt)
        }
    }

    /// What keeps an invoice of it from being paid that Stripe still wants.
    struct PaymentProblem: Encodable, Sendable {
        var attemptCount: Int
        var nextAttemptAt: Date?
        var failureCode: String?
        var failureMessage: String?
        /// Stripe's page on which it can be paid.
        var hostedInvoiceURL: String?

        private enum CodingKeys: CodingKey {
            case attemptCount, nextAttemptAt, failureCode, failureMessage, hostedInvoiceURL
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(attemptCount, forKey: .attemptCount)
            try container.encode(nextAttemptAt, forKey: .nextAttemptAt)
            try container.encode(failureCode, forKey: .failureCode)
            try container.encode(failureMessage, forKey: .failureMessage)
            try container.encode(hostedInvoiceURL, forKey: .hostedInvoiceURL)
        }
    }

    private enum CodingKeys: CodingKey {
        case id, planID, planName, status, currentPeriodStart, currentPeriodEnd, cancelAtPeriodEnd, cancelAt, canceledAt, entitled
        case entitledUntil, collectionPaused, paymentProblem
    }

    /// Writes every field, null where there is nothing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(planID, forKey: .planID)
        try container.encode(planName, forKey: .planName)
        try container.encode(status, forKey: .status)
        try container.encode(currentPeriodStart, forKey: .currentPeriodStart)
        try container.encode(currentPeriodEnd, forKey: .currentPeriodEnd)
        try container.encode(cancelAtPeriodEnd, forKey: .cancelAtPeriodEnd)
        try container.encode(cancelAt, forKey: .cancelAt)
        try container.encode(canceledAt, forKey: .canceledAt)
        try container.encode(entitled, forKey: .entitled)
        try container.encode(entitledUntil, forKey: .entitledUntil)
        try container.encode(collectionPaused, forKey: .collectionPaused)
        try container.encode(paymentProblem, forKey: .paymentProblem)
    }
}

extension SubscriptionAnswer {
    /// The newest subscription of a user to a plan that has not ended, else the newest; nil when there never was one.
    static func current(of user: UserID, _ plans: PlanCatalogue, in database: some Querying) async throws -> SubscriptionAnswer? {
        try await current(of: [user], plans, in: database)[0]
    }

    /// The same of each of several users.
    static func current(
        of users: [UserID], _ plans: PlanCatalogue, in database: some Querying
    ) async throws -> [SubscriptionAnswer?] {
        try await Subscriptions.shown(of: users, plans, in: database).map { shown in
            shown.map { SubscriptionAnswer($0.subscription, access: $0.access, problem: $0.problem) }
        }
    }

    init(_ row: SubscriptionRow, access: AccessRow?, problem: PaymentProblem?) {
        let facts = row.facts
        id = facts.id
        planID = row.plan
        planName = row.plan?.name
        status = facts.status
        currentPeriodStart = facts.currentPeriodStart
        currentPeriodEnd = facts.currentPeriodEnd
        cancelAtPeriodEnd = facts.isEndScheduled
        cancelAt = facts.cancelAt
        canceledAt = facts.canceledAt
        let paid = facts.status == .active || facts.status == .trialing
        // Enforcement decides; only what it cannot have heard of yet is answered from here, and only in the customer's favour.
        if let access, access.wanted == .on || !paid || row.sourceTime <= access.decidedAt {
            entitled = access.wanted == .on
            entitledUntil = access.wanted == .on ? access.entitledUntil : nil
        } else {
            entitled = paid
            entitledUntil = paid ? facts.entitledUntil : nil
        }
        collectionPaused = facts.pauseCollection.map { CollectionPaused(behavior: $0.behavior, resumesAt: $0.resumesAt) }
        paymentProblem = problem
    }
}
