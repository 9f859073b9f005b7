/// The part of the state that is one row: what is no list of objects.
///
/// Not in it, because it lasts no longer than the process: the log of requests, the older states that stale answers come from, the calls
/// of the last second, and waits for a receiver that could not be reached.
struct SandboxScalars: Codable, Sendable {
    /// Goes up when an executable stores what the one before would misread.
    static let currentFormat = 2

    var format = Self.currentFormat
    let settings: BillingSettings
    let unsettledCharges: [String]
    let clock: SandboxClock
    let stoodBeforeTestClocks: Bool?
    let webhooksPaused: Bool
    let targets: [WebhookTarget]
    let madeTargets: Int
    let signing: SigningSecrets
    let callsPerSecond: Int
    let chaos: Chaos
    /// As they would be ordered.
    let faults: [JSONText]
    /// What the settings said when the sandbox was started.
    let started: StartSettings
}
