import Foundation
import Models
import Stripe

/// Reads, freshly from Stripe, the subscriptions of a user and the invoices that the policy asks for.
///
/// One subscription that says on is enough, whatever cannot be read beside it, and nothing more is asked then. Otherwise it is all or
/// nothing: whatever is not a plain answer (an outage, a 404, a wrong mode, a body that cannot be read) is thrown, and nobody is stopped.
struct ReadSubscriptions: Sendable {
    let stripe: StripeClient
    let policy: AccessPolicy
    let plans: PlanCatalogue

    /// All questions together end before the claim on the user does: a later answer would be nobody's.
    private static let limit = AccessClaims.lease - .seconds(5)
    /// One question: a try that times out, or a `Retry-After` of ten seconds. One that hangs leaves time for the next.
    private static let questionLimit = Duration.seconds(12)
    /// Answers that only add to the evidence must not make the others too old to stop on.
    private static let evidenceLimit = Duration.seconds(5)

    /// What was read, and how old it is.
    struct Proof: Sendable {
        var readings: [AccessPolicy.Reading] = []
        /// Stripe's time of the oldest answer.
        var readAt = Date.distantFuture
        /// Our own time before the first question: an answer is at most as old as the time since then.
        let begun = ContinuousClock.now
        /// Stripe's ids of the requests, for its support.
        var requestIDs: [String] = []
        /// Why the first question that was not answered was not.
        var failure: (any Error)?

        /// Notes an answer and returns it; nil when there is none. Throws only when the task is cancelled.
        mutating func answer<Value: Sendable>(_ ask: () async throws -> StripeRead<Value>) async throws -> Value? {
            do {
                let read = try await ask()
                readAt = min(readAt, read.readAt)
                if let id = read.requestID { requestIDs.append(id) }
                return read.value
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = failure ?? error
                return nil
            }
        }
    }

    /// Reads the subscriptions of these customers, and each of `known` that their lists leave out.
    func callAsFunction(_ customers: [CustomerID], known: [SubscriptionID: KnownSubscription]) async throws -> Proof {
        var proof = Proof()
        let stripe = stripe.until(proof.begun + Self.limit)
        for customer in customers {
            let list = try await proof.answer { try await stripe.until(.now + Self.questionLimit).subscriptions(of: customer) }
            proof.readings += (list ?? []).map { reading(of: $0, known) }
            if saysOn(proof) { return proof }
        }
        for id in Set(known.keys).subtracting(proof.readings.map(\.subscription.id)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let subscription = try await proof.answer { try await stripe.until(.now + Self.questionLimit).subscription(id) }
            if let subscription { proof.readings.append(reading(of: subscription, known)) }
            if saysOn(proof) { return proof }
        }
        for index in proof.readings.indices where AccessPolicy.needsInvoice(proof.readings[index]) {
            try await readInvoice(of: index, into: &proof, from: stripe.until(.now + Self.questionLimit))
            if saysOn(proof) { return proof }
        }
        if let failure = proof.failure { throw failure }
        // An unpaid subscription is judged without its invoice, which only shows how often Stripe has tried.
        for index in proof.readings.indices where proof.readings[index].counts && proof.readings[index].subscription.status == .unpaid {
            try await readInvoice(of: index, into: &proof, from: stripe.until(proof.begun + Self.evidenceLimit))
        }
        return proof
    }

    /// A price that is listed says which plan it is now. Without one, what it was known to be is newer than what it was opened for.
    private func reading(of subscription: SubscriptionFacts, _ known: [SubscriptionID: KnownSubscription]) -> AccessPolicy.Reading {
        let before = known[subscription.id]
        let plan = plans.plan(of: subscription.prices) ?? before?.plan ?? subscription.openedFor
        return AccessPolicy.Reading(subscription: subscription, plan: plan, counts: plan != nil || before?.entitled == true)
    }

    private func readInvoice(of index: Int, into proof: inout Proof, from stripe: StripeClient) async throws {
        guard let id = proof.readings[index].subscription.latestInvoiceID else { return }
        let invoice = try await proof.answer { try await stripe.invoice(id) }
        proof.readings[index].invoice = invoice
    }

    private func saysOn(_ proof: Proof) -> Bool { proof.readings.contains { policy.word(of: $0) == .on } }
}
