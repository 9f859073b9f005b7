package import Foundation
package import Messages
package import Messaging
import Postgres

/// What was found of one service's trail.
package struct AuditVerification: Codable, Sendable, Hashable {
    /// A seal by its place and its hash.
    package struct Seal: Codable, Sendable, Hashable {
        /// Its place in the chain.
        package var sequence: Int64
        /// Its SHA-256 in hexadecimal.
        package var hash: String

        package init(sequence: Int64, hash: String) {
            self.sequence = sequence
            self.hash = hash
        }
    }

    /// Whose trail.
    package var service: ServiceName
    /// The newest seal; nil before the first.
    package var sealed: Int64?
    /// When it was made.
    package var sealedAt: Date?
    /// The first seal that this call looked at; nil where there was none to look at.
    package var verifiedFrom: Int64?
    /// The last one.
    package var verifiedThrough: Int64?
    /// The newest seal up to which the chain was ever found to be whole.
    package var proven: Int64?
    /// When that was.
    package var provenAt: Date?
    /// Whether this call came to the newest seal in its time; if not, the next call goes on.
    package var complete: Bool
    /// Entries that no seal holds yet.
    package var unsealed: Int64
    /// Since when the oldest of them waits.
    package var unsealedSince: Date?
    /// What is wrong, seal by seal.
    package var faults: [AuditFault]
    /// The hashes of the seals that were asked for, as far as these are there; nil once they have been compared.
    package var seals: [Seal]?
}

/// Looks whether a service's trail is whole, for as long as a composed read waits.
struct VerifyAudit: Sendable {
    let service: ServiceName
    let pool: PostgresPool
    let check: AuditCheck

    /// Less than the second after which nobody waits any more, with room for one more step.
    private static let patience = Duration.milliseconds(500)

    /// From the last proof on; or all seals that were made `since` then, proven or not. `asked` are seals whose hashes somebody else knows.
    func callAsFunction(since: Date?, asked: [Int64]) async throws -> AuditVerification {
        let end = ContinuousClock.now + Self.patience
        var found = try await state(asked, since)
        let sealed = found.answer.sealed ?? 0
        found.answer.verifiedFrom = found.first <= sealed ? found.first : nil
        var next = found.first
        repeat {
            let last = min(next + Int64(AuditCheck.step) - 1, sealed)
            found.answer.faults += try await since == nil ? check.next() : check.faults(from: next, through: last)
            next = last + 1
        } while next <= sealed && found.answer.faults.isEmpty && ContinuousClock.now < end
        found.answer.verifiedThrough = found.first <= sealed ? next - 1 : nil
        found.answer.complete = next > sealed
        // Of the proof, what this call has added.
        let now = try await state([], nil).answer
        (found.answer.proven, found.answer.provenAt) = (now.proven, now.provenAt)
        return found.answer
    }

    private func state(_ asked: [Int64], _ since: Date?) async throws -> (answer: AuditVerification, first: Int64) {
        let row = try await pool.query("SELECT * FROM audit_state(\(asked), \(since))")[0]
        let sealed = try row.get("sealed", as: Int64?.self)
        let proven = try row.get("proven", as: Int64?.self)
        let hashes = try zip(row.get("sequences", as: [Int64].self), row.get("hashes", as: [String].self))
        let answer = AuditVerification(
            service: service, sealed: sealed, sealedAt: try row.get("sealed_at"), proven: proven, provenAt: try row.get("proven_at"),
            complete: false, unsealed: try row.get("unsealed"), unsealedSince: try row.get("unsealed_since"), faults: [],
            seals: hashes.map { AuditVerification.Seal(sequence: $0, hash: $1) })
        let first = since == nil ? (proven ?? 0) + 1 : try row.get("first_since", as: Int64?.self) ?? (sealed ?? 0) + 1
        return (answer, first)
    }
}
