import Foundation
import Models

/// When a subscription lets a VM run: the table "Access policy" of the design, as a function of what was read and of Stripe's time.
struct AccessPolicy: Sendable, Hashable {
    /// What becomes of a VM, or of a subscription, where the merchant may choose.
    enum PauseRule: String, Sendable, CaseIterable { case stop, keep }

    /// How many attempts to collect an invoice there are before the VM stops.
    var dunningMaxAttempts = 4
    /// How long a VM runs on after an invoice first failed that Stripe does not try again, and after a mailed invoice was due.
    var grace = Duration.seconds(259_200)
    /// Whether a subscription whose invoices are voided unpaid (`pause_collection`) stops.
    var pauseCollection = PauseRule.stop
    /// Whether a subscription ends whose present period's payment the bank took back.
    var disputeLost = EndRule.end
    /// The same of one that was refunded in full.
    var fullRefund = EndRule.keep

    /// How long money is waited for that a bank has been asked for: a SEPA debit takes up to 14 business days (Stripe's documentation, "SEPA
    /// Direct Debit payments", timing).
    static let longestFlight: TimeInterval = 21 * 86_400

    /// What one subscription says about access.
    enum Entitlement: Codable, Sendable, Hashable {
        /// The VM may run: until then as far as is known, and with no reason to look again before `change`.
        case entitled(until: Date?, change: Date?)
        /// It must not, for this reason.
        case ended(StopReason)
        /// It gives no right to run, and takes none away: its first payment was never made, or it is to something else than a plan.
        case none
        /// It cannot be judged; nobody is stopped over it.
        case unknown(String)
    }

    func entitlement(of reading: SubscriptionReading, at now: Date) -> Entitlement {
        guard reading.counts else { return .none }
        let subscription = reading.subscription
        let runs: Set<SubscriptionStatus> = [.trialing, .active, .pastDue]
        if runs.contains(subscription.status), pauseCollection == .stop, subscription.pauseCollection?.behavior == "void" {
            return .ended(.paused)
        }
        return switch subscription.status {
        case .trialing, .active: paid(subscription)
        case .pastDue: reading.invoices.isEmpty ? paid(subscription) : owing(reading, at: now)
        case .paused: reading.invoices.isEmpty ? .ended(.paused) : owing(reading, at: now)
        case .unpaid: .ended(.unpaid)
        case .canceled: .ended(reading.endReason)
        case .incompleteExpired: .ended(.incompleteExpired)
        case .incomplete: .none
        case let status: .unknown("the status \(status.rawValue) is not known")
        }
    }

    /// Whether the invoices of a subscription decide about it.
    static func needsInvoices(_ reading: SubscriptionReading) -> Bool {
        reading.counts && (reading.subscription.status == .pastDue || reading.subscription.status == .paused)
    }

    /// The renewal comes up to an hour after the end of a period (Stripe's documentation, "Subscription invoices": drafts are finalized after
    /// about an hour), so nothing is to be seen before; a scheduled end comes at its time.
    private func paid(_ subscription: SubscriptionFacts) -> Entitlement {
        let isEnding = subscription.isEndScheduled
        let renewal = subscription.currentPeriodEnd.map { isEnding ? $0 : $0.addingTimeInterval(3600) }
        let trialEnd = subscription.status == .trialing ? subscription.trialEnd : nil
        let ends = [subscription.currentPeriodEnd, subscription.cancelAt, trialEnd].compactMap(\.self)
        return .entitled(until: ends.min(), change: [renewal, subscription.cancelAt, trialEnd].compactMap(\.self).min())
    }

    /// It runs as long as each invoice that is owed leaves time.
    private func owing(_ reading: SubscriptionReading, at now: Date) -> Entitlement {
        var ends = [reading.subscription.cancelAt]
        for owed in reading.invoices {
            switch patience(with: owed, at: now) {
            case .until(let end): ends.append(end)
            case .exhausted: return .ended(.paymentFailed)
            case .unknown(let why): return .unknown(why)
            }
        }
        let end = ends.compactMap(\.self).min()
        return .entitled(until: end, change: end)
    }

    private enum Patience {
        case until(Date)
        case exhausted
        case unknown(String)
    }

    private func patience(with owed: InvoiceReading, at now: Date) -> Patience {
        let invoice = owed.invoice
        if let since = owed.inFlightSince, since.addingTimeInterval(Self.longestFlight) > now {
            return .until(since.addingTimeInterval(Self.longestFlight))
        }
        if invoice.isMailed {
            guard let due = invoice.dueDate else { return .unknown("a mailed invoice without a due date") }
            return graceful(from: due, at: now)
        }
        if invoice.attemptCount >= dunningMaxAttempts { return .exhausted }
        if let next = invoice.nextPaymentAttempt, invoice.status == "open" { return .until(next) }
        guard let failed = owed.firstFailedAt ?? owed.inFlightSince else { return .unknown("an invoice that failed at no time") }
        return graceful(from: failed, at: now)
    }

    private func graceful(from start: Date, at now: Date) -> Patience {
        let end = start.addingTimeInterval(grace / .seconds(1))
        return end > now ? .until(end) : .exhausted
    }
}

extension SubscriptionReading {
    /// Why a canceled subscription ended.
    fileprivate var endReason: StopReason {
        switch (endRequested, subscription.cancellationReason) {
        case (.disputeLost, _), (_, "payment_disputed"): .disputed
        case (.fullRefund, _): .refunded
        case (_, "payment_failed"): .paymentFailed
        default: .canceled
        }
    }
}

/// Why a VM must not run, as the VM controller is told.
enum StopReason: String, Codable, Sendable, CaseIterable {
    case paymentFailed = "payment_failed"
    case canceled
    case unpaid
    case paused
    case incompleteExpired = "incomplete_expired"
    case disputed
    case refunded
}
