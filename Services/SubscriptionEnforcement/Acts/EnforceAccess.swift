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
    let reversals: ReadReversals
    let alerts: Alerts
    let holdDown: Duration
    /// Wakes whoever takes users up.
    let wake: WakeSignal
    /// How many failed looks in a row are for an operator to see: with delays that double from a second they take half a minute or more,
    /// and a hiccup is over by then.
    static let alarming = 6
    static let alert = Alert(
        "enforcement_undecided",
        remedy: "See whether Stripe answers and STRIPE_SECRET_KEY may read subscriptions and invoices; the VM stays as it is meanwhile.")
    /// A stop rests on answers at most this old; older ones are asked for again. What takes nothing from anybody does not wait for a
    /// faster Stripe: there the claim bounds the age of the answers.
    var freshness = Duration.seconds(10)

    /// Nothing could be decided; the user stays as they are.
    struct Undecided: Error, CustomStringConvertible {
        let description: String
    }

    /// Whether a decision was committed; false when the claim is not this worker's any more.
    func callAsFunction(_ claim: AccessClaim) async throws -> Bool {
        let known = try await KnownUser.read(claim.user, in: outbox.pool)
        let proof = try await read(known)
        let verdict = Verdict(proof.findings)
        let reversed = try await reversals(known.charges)
        return try await outbox.transaction { work in
            guard let (state, isAskedAgain) = try await AccessClaims.state(under: claim, in: work) else { return false }
            if isAskedAgain { work.afterCommit(wake.raise) }
            // By Stripe's clock, which runs on between answers: one that stands still must not hold a stop down for ever.
            let now = max(proof.readAt, read.stripe.clock.now ?? .distantPast)
            let age = proof.begun.duration(to: read.stripe.instant)
            let asked = now.addingTimeInterval(-(age / .seconds(1)))
            let decision = AccessDecision(verdict, state: state, asked: asked, now: now, holdDown: holdDown)
            if case .stop = decision, age > freshness {
                throw Undecided(description: "Stripe's answers are too old by now to stop anybody")
            }
            let commit = CommitDecision(
                work: work, claim: claim, state: state, proof: proof, known: known, reversals: reversed,
                nextLook: decision.nextLook(after: proof.findings, heard: known.newestHint > 0, now: now))
            try await commit(decision)
            // With the count that raised it, or nobody would ever end it.
            if claim.attempts >= Self.alarming { try await alerts.clear(Self.alert, about: claim.user.rawValue, in: work) }
            return true
        }
    }
}
