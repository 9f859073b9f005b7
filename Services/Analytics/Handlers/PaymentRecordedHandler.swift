import Messages
import Messaging

/// Checkout has recorded a payment: it counts.
struct PaymentRecordedHandler: MessageHandler {
    func apply(_ payment: PaymentRecorded, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Payments.record(payment, in: work)
        return .done
    }
}
