import Foundation
import Models
import Postgres
import Stripe

/// Reads, freshly from Stripe, the subscriptions of a user and the invoices that the policy asks for, and says of each what the policy says.
///
/// One subscription that says on is enough, whatever cannot be read beside it, and nothing more is asked then. Otherwise it is all or
/// nothing: whatever is not a plain answer (an outage, a 404, a wrong mode, a body that cannot be read) is thrown, and nobody is stopped.
struct ReadSubscriptions: Sendable {
    let stripe: StripeClient
    let policy: AccessPolicy
    let plans: PlanCatalogue
    let pool: PostgresPool

    /// All questions together end before the claim on the user does: a later answer would be nobody's.
    private static let limit = AccessClaims.lease - .seconds(5)
    /// One question: a try that times out, or a `Retry-After` of ten seconds. One that hangs leaves time for the next.
    private static let questionLimit = Duration.seconds(12)
    /// Answers that only add to the evidence must not make the others too old to stop on.
    private static let evidenceLimit = Duration.seconds(5)

    /// Reads the subscriptions of these customers, and each that is known and that their lists leave out.
    func callAsFunction(_ known: KnownUser) async throws -> Proof {
        var questions = Questions(stripe: stripe.until(stripe.instant + Self.limit))
        var waiting: [SubscriptionReading] = []
        for customer in known.customers {
            let list = try await questions.ask(for: Self.questionLimit) { try await $0.subscriptionsOrNone(of: customer) }
            if judge((list ?? []).map { reading(of: $0, known) }, into: &questions.proof, waiting: &waiting) { return questions.proof }
        }
        let read = Set((questions.proof.readings + waiting).map(\.subscription.id))
        for id in Set(known.subscriptions.keys).subtracting(read).sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let subscription = try await questions.ask(for: Self.questionLimit, { try await $0.subscription(id) }) else { continue }
            if judge([reading(of: subscription, known)], into: &questions.proof, waiting: &waiting) { return questions.proof }
        }
        for reading in waiting {
            guard let complete = try await readInvoices(of: reading, &questions) else { continue }
            if judge(complete, into: &questions.proof) { return questions.proof }
        }
        if let failure = questions.failure { throw failure }
        // Nothing that was asked had an answer with a date: a customer who is gone, and no subscription known.
        if questions.proof.readAt == .distantFuture { questions.proof.readAt = stripe.time }
        try await addEvidence(&questions)
        return questions.proof
    }

    /// Judges what needs no invoices and puts the others off; whether one lets the VM run.
    private func judge(
        _ readings: [SubscriptionReading], into proof: inout Proof, waiting: inout [SubscriptionReading]
    ) -> Bool {
        waiting += readings.filter(AccessPolicy.needsInvoices)
        return readings.filter { !AccessPolicy.needsInvoices($0) }.map { judge($0, into: &proof) }.contains(true)
    }

    private func judge(_ reading: SubscriptionReading, into proof: inout Proof) -> Bool {
        let finding = Finding(reading: reading, entitlement: policy.entitlement(of: reading, at: proof.readAt))
        proof.findings.append(finding)
        return finding.entitles
    }

    /// A price that is listed says which plan it is now. Without one, what it was known to be is newer than what it was opened for.
    private func reading(of subscription: SubscriptionFacts, _ known: KnownUser) -> SubscriptionReading {
        let before = known.subscriptions[subscription.id]
        let plan = plans.plan(of: subscription.prices) ?? before?.plan ?? subscription.openedFor
        return SubscriptionReading(
            subscription: subscription, plan: plan, counts: plan != nil || before?.entitled == true, endRequested: before?.endRequested)
    }

    /// The subscription with its invoices that count; nil when they could not all be read.
    private func readInvoices(of reading: SubscriptionReading, _ questions: inout Questions) async throws -> SubscriptionReading? {
        let id = reading.subscription.id
        guard let invoices = try await questions.ask(for: Self.questionLimit, { try await $0.invoices(of: id) }) else { return nil }
        let owed = AccessPolicy.owed(invoices, of: reading.subscription)
        let failures = try await FailedInvoices.times(of: owed.map(\.id), in: pool)
        var complete = reading
        for invoice in owed {
            guard policy.needsPayments(invoice) else {
                let failure = failures[invoice.id] ?? (invoice.attemptCount > 0 ? questions.proof.readAt : nil)
                complete.invoices.append(InvoiceReading(invoice: invoice, firstFailedAt: failure))
                continue
            }
            let intents = try await questions.ask(for: Self.questionLimit) { try await $0.intents(collecting: invoice) }
            guard let intents else { return nil }
            let flights = intents.filter { $0.status == "processing" }.map { $0.pendingSince ?? $0.created }
            // What is on its way has not failed.
            let failure = failures[invoice.id] ?? (flights.isEmpty ? questions.proof.readAt : nil)
            complete.invoices.append(InvoiceReading(invoice: invoice, firstFailedAt: failure, inFlightSince: flights.max()))
        }
        return complete
    }

    /// An unpaid subscription is judged without its invoice, which only shows how often Stripe has tried.
    private func addEvidence(_ questions: inout Questions) async throws {
        for index in questions.proof.findings.indices {
            let reading = questions.proof.findings[index].reading
            guard reading.counts, reading.subscription.status == .unpaid, let id = reading.subscription.latestInvoiceID else { continue }
            let left = Self.evidenceLimit - questions.proof.begun.duration(to: stripe.instant)
            guard let invoice = try await questions.ask(for: left, { try await $0.invoice(id) }) else { continue }
            questions.proof.findings[index].reading.invoices = [InvoiceReading(invoice: invoice)]
        }
    }
}

/// The questions that are asked of Stripe for one look, and what came of them.
private struct Questions: Sendable {
    let stripe: StripeClient
    var proof: Proof
    /// Why the first question that was not answered was not.
    var failure: (any Error)?

    init(stripe: StripeClient) {
        self.stripe = stripe
        proof = Proof(begun: stripe.instant)
    }

    /// Asks and notes the answer; nil when there is none in time. Throws only when the task is cancelled.
    mutating func ask<Value: Sendable>(
        for limit: Duration, _ question: (StripeClient) async throws -> StripeRead<Value>
    ) async throws -> Value? {
        do {
            let read = try await question(stripe.until(stripe.instant + limit))
            proof.readAt = min(proof.readAt, read.readAt)
            if let id = read.requestID { proof.requestIDs.append(id) }
            return read.value
        } catch let error as CancellationError {
            throw error
        } catch {
            failure = failure ?? error
            return nil
        }
    }
}

extension StripeClient {
    /// The subscriptions of a customer; none of one whom Stripe does not know any more, whose subscriptions have ended and are read one by one.
    fileprivate func subscriptionsOrNone(of customer: CustomerID) async throws -> StripeRead<[SubscriptionFacts]> {
        do {
            return try await subscriptions(of: customer)
        } catch let error as StripeError where error.isMissing("customer") {
            return StripeRead(value: [], readAt: .distantFuture, requestID: error.requestID)
        }
    }

    /// The intents that collect an invoice and may still do so: named by it until 2025-03-31, by its payments since.
    fileprivate func intents(collecting invoice: InvoiceFacts) async throws -> StripeRead<[PaymentIntentFacts]> {
        let payments = try await invoicePayments(invoice: invoice.id)
        let named = payments.value.filter { $0.status != "canceled" }.compactMap(\.paymentIntentID)
        var intents: [PaymentIntentFacts] = []
        var readAt = payments.readAt
        for id in Set(named + [invoice.paymentIntentID].compactMap(\.self)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let intent = try await paymentIntent(id)
            readAt = min(readAt, intent.readAt)
            intents.append(intent.value)
        }
        return StripeRead(value: intents, readAt: readAt, requestID: payments.requestID)
    }
}
