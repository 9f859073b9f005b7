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
    let holdDown: Duration
    /// A stop rests on answers at most this old; older ones are asked for again. What takes nothing from anybody does not wait for a
    /// faster Stripe: there the claim bounds the age of the answers.
    var freshness = Duration.seconds(10)

    /// Nothing could be decided; the user stays as they are.
    struct Undecided: Error, CustomStringConvertible {
        let description: String
    }

    /// Whether a decision was committed; false when the claim is not this worker's any more.
    func callAsFunction(_ claim: AccessClaim) async throws -> Bool {
        let occasion = try await Hints.occasion(of: claim.user, in: outbox.pool)
        let proof = try await read(occasion.customers, known: occasion.known)
        let verdict = read.policy.verdict(proof.readings)
        return try await outbox.transaction { work in
            guard let (state, now) = try await AccessClaims.state(under: claim, in: work) else { return false }
            let decision = AccessDecision(verdict, state: state, now: now, holdDown: holdDown)
            if case .stop = decision, proof.begun.duration(to: .now) > freshness {
                throw Undecided(description: "Stripe's answers are too old by now to stop anybody")
            }
            let commit = CommitDecision(work: work, user: claim.user, state: state, proof: proof, occasion: occasion)
            try await commit(decision)
            return true
        }
    }
}
