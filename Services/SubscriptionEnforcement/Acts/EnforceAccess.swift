import Foundation
import Messages
import Messaging
import Models
import Postgres
import Stripe

/// Looks at one user: reads Stripe, decides, and commits decision, evidence, command and news in one transaction.
struct EnforceAccess: Sendable {
    let outbox: Outbox
    let read: ReadSubscriptions
    let policy: AccessPolicy
    let holdDown: Duration

    /// A stop rests on answers at most this old; older ones are asked for again.
    private static let freshness = Duration.seconds(10)

    /// Nothing could be decided; the user stays as they are.
    struct Undecided: Error, CustomStringConvertible {
        let description: String
    }

    func callAsFunction(_ claim: AccessClaim) async throws {
        let occasion = try await Hints.occasion(of: claim.user, in: outbox.pool)
        let proof = try await read(occasion.customers, known: occasion.known)
        let verdict = policy.verdict(proof.readings)
        try await outbox.transaction { work in
            guard let (state, now) = try await AccessClaims.state(under: claim, in: work) else { return }
            guard proof.begun.duration(to: .now) <= Self.freshness else {
                throw Undecided(description: "Stripe's answers are too old by now")
            }
            let decision = AccessDecision(verdict, state: state, now: now, holdDown: holdDown)
            let commit = CommitDecision(work: work, user: claim.user, state: state, proof: proof, occasion: occasion)
            try await commit(decision, now: now)
        }
    }
}
