import Foundation
import Models
import Stripe

/// Reads, freshly from Stripe, every subscription of a user and the invoices that the policy asks for.
///
/// All or nothing: whatever is not a plain answer (an outage, a 404, a wrong mode, a body that cannot be read) is thrown, and then
/// nobody is stopped.
struct ReadSubscriptions: Sendable {
    let stripe: StripeClient

    /// What was read, and how old it is.
    struct Proof: Sendable {
        var readings: [AccessPolicy.Reading]
        /// Stripe's time of the oldest answer.
        var readAt: Date
        /// Our own time before the first question: an answer is at most as old as the time since then.
        var begun: ContinuousClock.Instant
        /// Stripe's ids of the requests, for its support.
        var requestIDs: [String]
    }

    /// Reads the subscriptions of these customers, and each of `known` that their lists leave out.
    func callAsFunction(_ customers: [CustomerID], known: Set<SubscriptionID>) async throws -> Proof {
        var proof = Proof(readings: [], readAt: .distantFuture, begun: .now, requestIDs: [])
        for customer in customers {
            let list = note(try await stripe.subscriptions(of: customer), in: &proof)
            proof.readings += list.map { AccessPolicy.Reading(subscription: $0) }
        }
        for id in known.subtracting(proof.readings.map(\.subscription.id)).sorted(by: { $0.rawValue < $1.rawValue }) {
            proof.readings.append(.init(subscription: note(try await stripe.subscription(id), in: &proof)))
        }
        for (index, reading) in proof.readings.enumerated() where AccessPolicy.needsInvoice(reading.subscription.status) {
            guard let invoice = reading.subscription.latestInvoiceID else { continue }
            proof.readings[index].invoice = note(try await stripe.invoice(invoice), in: &proof)
        }
        return proof
    }

    private func note<Value>(_ read: StripeRead<Value>, in proof: inout Proof) -> Value {
        proof.readAt = min(proof.readAt, read.readAt)
        if let id = read.requestID { proof.requestIDs.append(id) }
        return read.value
    }
}
