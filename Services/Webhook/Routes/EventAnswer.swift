import Foundation
import Hummingbird
import Messages

/// An event in a list of admins.
struct EventAnswer: Encodable, Sendable {
    private enum CodingKeys: CodingKey {
        case subscribers
    }

    let row: EventRow
    /// Who must report on it before it counts as processed.
    private var subscribers: [ServiceName] { row.isForeign ? [] : Topology.subscribers(ofStripeEvent: row.type) }

    /// Writes the row's own members and the subscribers beside them.
    func encode(to encoder: any Encoder) throws {
        try row.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(subscribers, forKey: .subscribers)
    }
}

/// One event with its whole life.
struct EventLifeAnswer: ResponseEncodable, Sendable {
    /// One thing that happened, in a plain word.
    struct Step: Encodable, Sendable {
        let at: Date
        let what: String
    }

    let event: EventAnswer
    let proof: EventLife.Proof
    let outcomes: [EventLife.Outcome]
    let replays: [EventLife.Replay]
    let conflicts: [EventLife.Conflict]
    /// The same in the order in which it happened.
    let life: [Step]

    init(_ row: EventRow, _ life: EventLife) {
        event = EventAnswer(row: row)
        proof = life.proof
        outcomes = life.outcomes
        replays = life.replays
        conflicts = life.conflicts
        self.life = Self.steps(row, life)
    }

    private static func steps(_ row: EventRow, _ life: EventLife) -> [Step] {
        var steps = [Step(at: row.createdAt, what: "happened at Stripe")]
        let way =
            life.proof.secretFingerprint.map { "received from Stripe, verified with secret \($0), stored" }
            ?? "read from Stripe because it never came, stored"
        steps.append(Step(at: row.receivedAt, what: way))
        if !row.isForeign, let published = row.publishedAt, published > row.receivedAt {
            steps.append(Step(at: published, what: row.replays == 0 ? "published" : "published, the last time"))
        }
        steps += life.replays.map { Step(at: $0.at, what: "replay \($0.number) asked for by \($0.requestedBy)") }
        steps += life.outcomes.map { Step(at: $0.at, what: "\($0.service): \($0.outcome)" + ($0.error.map { " (\($0))" } ?? "")) }
        steps += life.conflicts.map { Step(at: $0.at, what: "came again with another body") }
        if let processed = row.processedAt { steps.append(Step(at: processed, what: "processed")) }
        return steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }
}
