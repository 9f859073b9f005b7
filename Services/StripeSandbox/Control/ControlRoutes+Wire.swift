import Foundation

/// The control calls about what goes wrong on the wire.
extension ControlRoutes {
    func callOfWire(_ method: String, _ path: [String], _ body: Data) async throws -> JSON? {
        switch (method, path) {
        case ("GET", ["chaos"]): return await sandbox.chaos.json
        case ("PUT", ["chaos"]):
            await sandbox.setChaos(try ChaosProfile(data: body))
            return await sandbox.chaos.json
        case ("POST", ["webhook_secret"]): return try await rollSecret(body)
        default: return nil
        }
    }

    private struct SecretChange: Decodable {
        let new: String
        var overlapSeconds: Int?
        var endpoint: String?
    }

    private func rollSecret(_ body: Data) async throws -> JSON {
        let change = try decode(SecretChange.self, body)
        let overlap = change.overlapSeconds ?? 0
        guard !change.new.isEmpty else { throw APIError.invalidRequest("new is a secret, not nothing.") }
        // Stripe lets the old secret live for a day at most.
        guard (0...86_400).contains(overlap) else { throw APIError.invalidRequest("overlap_seconds is from 0 to 86400.") }
        try await sandbox.rollSecret(to: change.new, overlap: Double(overlap), endpoint: change.endpoint)
        return ["endpoint": .optional(change.endpoint), "overlap_seconds": .number(overlap)]
    }
}
