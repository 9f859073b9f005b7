import Messages
import Messaging

/// A service has passed over one of Stripe's lists: what Stripe has in all is kept, and once a day compared with what is counted here. What two
/// passes after one another find is told to an operator; what only one finds may be on its way.
struct ReconciliationFinishedHandler: MessageHandler {
    let alerts: Alerts

    private static let differs = Alert(
        "stripe_differs",
        remedy: "See GET /admin/reconciliation for the totals, and whether passes still repair; look for what Stripe has more at Stripe.")

    func apply(_ pass: ReconciliationFinished, _: Void, in work: UnitOfWork) async throws -> Outcome {
        guard try await StripeTotals.record(pass, in: work), let differences = try await StripeDifferences.compare(pass, in: work) else {
            return .done
        }
        try await StripeTotals.compared(pass, in: work)
        let subject = "\(pass.service.rawValue) \(pass.scope)"
        if differences > 0 {
            try await alerts.raise(
                Self.differs, about: subject, "\(differences) of our totals are others than Stripe's, by two passes over its list.",
                in: work)
        } else {
            try await alerts.clear(Self.differs, about: subject, in: work)
        }
        return .done
    }
}
