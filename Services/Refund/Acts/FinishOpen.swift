import Logging
import Postgres
import Stripe

/// The janitor: asks Stripe about every refund and every answer to a bank of which nobody knows what became, those first whose turn it is.
struct FinishOpen: Sendable {
    let issue: IssueRefund
    let answer: AnswerDispute
    let pool: PostgresPool
    let logger: Logger

    /// So many at a time, side by side; those that are due then have the next turn.
    var most = 10
    private static let patience = Duration.seconds(20)

    func refunds() async throws {
        let issue = issue.until(issue.stripe.instant + Self.patience)
        await finish(try await Refunds.claimDue(limit: most, in: pool)) { _ = try await issue($0) }
    }

    func answers() async throws {
        let answer = answer.until(answer.stripe.instant + Self.patience)
        await finish(try await DisputeAnswers.claimDue(limit: most, in: pool)) { try await answer.send($0) }
    }

    /// One that cannot be finished keeps no other back: it has its turn again in a minute.
    private func finish<ID: Sendable>(_ due: [ID], _ act: @escaping @Sendable (ID) async throws -> Void) async {
        await withDiscardingTaskGroup { group in
            for id in due {
                group.addTask {
                    do {
                        try await act(id)
                    } catch {
                        logger.warning("what is open at Stripe could not be finished", metadata: ["id": "\(id)", "error": "\(error)"])
                    }
                }
            }
        }
    }
}
