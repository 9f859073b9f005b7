import Foundation
import Messages
import Messaging
import Models
import Postgres
import ServiceKit

/// Looks whether the trails of all services are whole, each by itself and by the seals that it has told of.
struct VerifyTrail: Sendable {
    let parts: Parts
    let pool: PostgresPool

    /// What was found.
    struct Verdict: Sendable {
        var services: [AuditVerification]
        /// Who did not answer: nothing is known of their trails.
        var incomplete: [ServiceName]

        /// Whether every trail was found to be whole up to its newest seal.
        var isValid: Bool { incomplete.isEmpty && services.allSatisfy { $0.faults.isEmpty && $0.complete } }
    }

    /// Seals of each service that are compared with what it told of them.
    private static let compared = 50

    /// From where each was last found to be whole; or what was sealed `since` then, proven or not.
    func callAsFunction(since: Date?, for identity: Identity) async throws -> Verdict {
        let heads = try await AuditHeads.spread(Self.compared, in: pool)
        let gathered = await parts.ask("audit/verify", as: AuditVerification.self, for: identity) { service in
            var parameters: [String: String] = [:]
            parameters["from"] = since.map(WireJSON.time)
            parameters["sequences"] = heads[service]?.map { "\($0.sequence)" }.joined(separator: ",")
            return parameters
        }
        let services = gathered.answers.map { service, answer in
            var answer = answer
            answer.faults += Self.faults(told: heads[service] ?? [], found: answer.seals ?? [], through: answer.sealed ?? 0)
            answer.seals = nil
            return answer
        }
        return Verdict(services: services, incomplete: gathered.incomplete)
    }

    /// What was told and is not there: the end was cut off, a seal was taken out, or the chain was made anew.
    private static func faults(
        told: [AuditVerification.Seal], found: [AuditVerification.Seal], through newest: Int64
    ) -> [AuditFault] {
        let hashes = Dictionary(found.map { ($0.sequence, $0.hash) }, uniquingKeysWith: { first, _ in first })
        return told.compactMap { seal in
            switch hashes[seal.sequence] {
            case seal.hash: nil
            case nil: AuditFault(fault: seal.sequence > newest ? "tail_cut" : "seal_missing", sequence: seal.sequence, entry: nil)
            default: AuditFault(fault: "seal_rewritten", sequence: seal.sequence, entry: nil)
            }
        }
    }
}
