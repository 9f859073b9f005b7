import Foundation
import Hummingbird
import Messages
import Models

/// An event in a list of admins.
struct EventAnswer: Encodable, Sendable {
    let id: EventID
    let type: String
    let objectID: String?
    let userID: UserID?
    let apiVersion: String?
    let livemode: Bool
    let account: String?
    /// `webhook`: posted by Stripe and signed; `reconciliation`: read from Stripe because it never came.
    let source: String
    let createdAt: Date
    let receivedAt: Date
    let publishedAt: Date?
    let replays: Int32
    let processed: Bool
    let processedAt: Date?
    let processingError: String?
    /// Of the other mode or another account: never processed.
    let foreign: Bool
    /// Who must report on it before it counts as processed.
    let subscribers: [String]

    init(_ row: EventRow) {
        id = row.id
        type = row.type
        objectID = row.objectID
        userID = row.userID
        apiVersion = row.apiVersion
        livemode = row.livemode
        account = row.account
        source = row.source
        createdAt = row.createdAt
        receivedAt = row.receivedAt
        publishedAt = row.publishedAt
        replays = row.replays
        processed = row.processed
        processedAt = row.processedAt
        processingError = row.processingError
        foreign = row.isForeign
        subscribers = row.isForeign ? [] : Topology.subscribers(ofStripeEvent: row.type).map(\.rawValue)
    }
}

/// One event with its whole life.
struct EventLifeAnswer: ResponseEncodable, Sendable {
    struct Proof: Encodable, Sendable {
        let sha256: String
        let bytes: Int32?
        let signatureHeader: String?
        let secretFingerprint: String?
    }

    struct Outcome: Encodable, Sendable {
        let service: String
        let outcome: String
        let error: String?
        let attempts: Int32
        let at: Date
    }

    struct Replay: Encodable, Sendable {
        let number: Int32
        let messageID: String
        let requestedBy: String
        let reason: String?
        let at: Date
    }

    struct Conflict: Encodable, Sendable {
        let sha256: String
        let signatureHeader: String
        let secretFingerprint: String
        let at: Date
    }

    /// One thing that happened, in a plain word.
    struct Step: Encodable, Sendable {
        let at: Date
        let what: String
    }

    let event: EventAnswer
    let proof: Proof
    let outcomes: [Outcome]
    let replays: [Replay]
    let conflicts: [Conflict]
    /// The same in the order in which it happened.
    let life: [Step]

    init(_ row: EventRow, _ life: EventLife) {
        event = EventAnswer(row)
        proof = Proof(
            sha256: life.proof.sha256, bytes: life.proof.bytes, signatureHeader: life.proof.signatureHeader,
            secretFingerprint: life.proof.secretFingerprint)
        outcomes = life.outcomes.map {
            Outcome(service: $0.service, outcome: $0.outcome, error: $0.error, attempts: $0.attempts, at: $0.at)
        }
        replays = life.replays.map {
            Replay(number: $0.number, messageID: "\(row.id)#\($0.number)", requestedBy: $0.requestedBy, reason: $0.reason, at: $0.at)
        }
        conflicts = life.conflicts.map {
            Conflict(sha256: $0.sha256, signatureHeader: $0.signatureHeader, secretFingerprint: $0.secretFingerprint, at: $0.at)
        }
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
