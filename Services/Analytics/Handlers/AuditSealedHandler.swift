import Messages
import Messaging

/// A service has sealed a part of its trail: the seal is kept where that service cannot reach it.
///
/// This is the one handler that adds nothing to the trail itself: each entry asks for a seal, and each seal would ask for an entry, for ever.
struct AuditSealedHandler: MessageHandler {
    let alerts: Alerts

    private static let rewritten = Alert(
        "audit_rewritten",
        remedy: "The trail of that service was replaced: keep its database as it is, and look at GET /admin/audit/verify.")

    func apply(_ seal: AuditSealed, _: Void, in work: UnitOfWork) async throws -> Outcome {
        if try await !AuditHeads.keep(seal, in: work) {
            try await alerts.raise(
                Self.rewritten, about: "\(seal.service.rawValue) \(seal.sequence)",
                "The trail of this service has another seal than the one that was told before: it was written anew.", in: work)
        }
        return .done
    }
}
