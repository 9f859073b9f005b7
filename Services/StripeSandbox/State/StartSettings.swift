/// The settings that a running sandbox can change. One that was changed since the last start holds again; the others leave things as they
/// were left.
struct StartSettings: Codable, Equatable, Sendable {
    let webhookURLs: [String]
    let webhookSecret: String
    let billing: BillingSettings
    let rateLimit: Int
    let seed: Int
    let chaos: ChaosProfile?

    init(_ config: SandboxConfig) {
        webhookURLs = config.webhookURLs
        webhookSecret = config.webhookSecret
        billing = BillingSettings(config)
        rateLimit = config.rateLimit
        seed = config.seed
        chaos = config.chaos
    }
}
