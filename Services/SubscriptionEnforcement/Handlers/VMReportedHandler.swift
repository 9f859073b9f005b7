import Messages
import Messaging

/// The VM controller has answered a command.
struct VMReportedHandler: MessageHandler {
    func apply(_ report: VMReported, _: Void, in work: UnitOfWork) async throws -> Outcome {
        try await Decisions.reported(report, in: work) ? .done : .reject(because: "no such command: \(report.commandID)")
    }
}
