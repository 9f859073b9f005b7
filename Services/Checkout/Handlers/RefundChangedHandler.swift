import Messages
import Messaging
import Models

/// Money of a payment was given back, or did not arrive: the payment shows how much of it is back by now.
struct RefundChangedHandler: MessageHandler {
    func apply(_ refund: RefundChanged, _: Void, in work: UnitOfWork) async throws -> Outcome {
        // One that is gone was merged into another, of which refund tells, too.
        guard let row = try await Payments.lock(refund.paymentID, in: work), row.refundsVersion < refund.version else { return .done }
        let changed = row.givenBack(refund.paymentAmountRefunded, version: refund.version)
        try work.publish(try await Payments.update(changed, in: work).recorded())
        return .done
    }
}
