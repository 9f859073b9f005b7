import Foundation
import Models

/// When a subscription lets a VM run.
struct AccessPolicy: Sendable, Hashable {
    /// How many attempts to collect a renewal there are before the VM stops.
    var dunningMaxAttempts = 4

    /// What Stripe says of one subscription.
    struct Reading: Codable, Sendable, Hashable {
        var subscription: SubscriptionFacts
        /// The plan that it is to, by its prices, by what it was opened for, or as it was known before; nil where nobody can say.
        var plan: Plan?
        /// Whether it says anything about a VM: one to a plan does, and one that let a VM run before plans were looked at. A Stripe account
        /// sells other things too.
        var counts: Bool
        /// Its latest invoice; read where the policy asks for it, or as evidence.
        var invoice: InvoiceFacts?

        /// Until when it says on, by what is known now.
        var entitledUntil: Date? { subscription.entitledUntil(unpaid: invoice) }
    }

    /// What one subscription says about access.
    enum Word: Sendable, Hashable {
        /// The VM may run.
        case on
        /// It must not, for this reason.
        case off(StopReason)
        /// It gives no right to run, and takes none away: its first payment was never made, or it is to something else than a plan.
        case nothing
        /// It cannot be judged; nobody is stopped over it.
        case unknown(String)
    }

    /// The word of one subscription.
    func word(of reading: Reading) -> Word {
        guard reading.counts else { return .nothing }
        return switch reading.subscription.status {
        case .active, .trialing: .on
        case .pastDue: pastDue(reading.invoice)
        case .unpaid: .off(.unpaid)
        case .paused: .off(.paused)
        case .canceled: .off(reading.subscription.cancellationReason == "payment_failed" ? .paymentFailed : .canceled)
        case .incompleteExpired: .off(.incompleteExpired)
        case .incomplete: .nothing
        case let status: .unknown("the status \(status.rawValue) is not known")
        }
    }

    /// Whether judging a subscription takes its latest invoice.
    static func needsInvoice(_ reading: Reading) -> Bool { reading.counts && reading.subscription.status == .pastDue }

    /// On while attempts are left and one is planned. A settled invoice under a status that still says past_due is Stripe halfway
    /// through an update: the customer has paid.
    private func pastDue(_ invoice: InvoiceFacts?) -> Word {
        guard let invoice else { return .unknown("past_due without an invoice") }
        if invoice.isPaid { return .on }
        return invoice.attemptCount < dunningMaxAttempts && invoice.nextPaymentAttempt != nil ? .on : .off(.paymentFailed)
    }
}

/// Why a VM must not run, as the VM controller is told.
enum StopReason: String, Codable, Sendable, CaseIterable {
    case paymentFailed = "payment_failed"
    case canceled
    case unpaid
    case paused
    case incompleteExpired = "incomplete_expired"
}
