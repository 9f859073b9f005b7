import Messages
import Messaging

/// Checkout has recorded a payment: refunds can be asked for it.
struct PaymentRecordedHandler: MessageHandler {
    func apply(_ payment: PaymentRecorded, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await RefundablePayments.record(payment, in: work)
        return .done
    }
}
