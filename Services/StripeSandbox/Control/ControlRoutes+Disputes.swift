import Foundation

extension ControlRoutes {
    private struct DisputeEntry: Decodable {
        var reason: String?
        var amount: Int?
        var inquiry: Bool?
        var final: Bool?
    }

    private struct VerdictEntry: Decodable { let verdict: String }

    /// Has a customer object to a charge, as if with one of the cards that are disputed.
    func dispute(charge id: String, _ body: Data) async throws -> JSON {
        let entry = try decode(DisputeEntry.self, body)
        let reason = entry.reason ?? "fraudulent"
        guard Complaint.reasons.contains(reason) else {
            throw APIError.invalidRequest("reason is \(Complaint.reasons.sorted().joined(separator: ", ")).")
        }
        let complaint = Complaint(reason: reason, isInquiry: entry.inquiry ?? false, isFinal: entry.final ?? false)
        let amount = entry.amount
        if let amount, amount < 1 { throw APIError.invalidRequest("amount is at least 1.") }
        let dispute = try await sandbox.act { account throws(APIError) in
            _ = try account.charges.find(id, param: "charge")
            guard let dispute = account.dispute(charge: id, complaint, amount: amount) else {
                throw .invalidRequest("The charge has failed, was given back or is disputed.", status: 409)
            }
            return dispute
        }
        return ["charge": .text(id), "dispute": .text(dispute.id), "status": .text(dispute.status.rawValue)]
    }

    /// Has the bank decide a dispute.
    func decide(dispute id: String, _ body: Data) async throws -> JSON {
        guard let verdict = Dispute.Verdict(rawValue: try decode(VerdictEntry.self, body).verdict) else {
            throw APIError.invalidRequest("verdict is won, lost, escalated or appealed.")
        }
        let dispute = try await sandbox.act { account throws(APIError) in
            let dispute = try account.disputes.find(id, param: "dispute")
            guard account.decide(dispute: id, verdict) else {
                throw .invalidRequest("A dispute that is \(dispute.status.rawValue) cannot be \(verdict.rawValue).", status: 409)
            }
            return try account.disputes.find(id)
        }
        return ["dispute": .text(id), "status": .text(dispute.status.rawValue)]
    }
}
