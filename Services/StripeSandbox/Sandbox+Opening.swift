import Foundation

extension Sandbox {
    /// Goes on with the state that a file has, or begins one there. Before anything else is done with the sandbox; from now on `save`
    /// writes to that file.
    ///
    /// - Throws: `SandboxStateError` when the state cannot be read.
    func open(_ file: StateFile, _ config: SandboxConfig) async throws {
        let stored = try await file.open()
        let decoder = JSONDecoder()
        let rows = Dictionary(grouping: stored.rows, by: \.kind)
        let scalars = try stored.account.map { try Self.scalars($0.scalars, decoder) }
        if let scalars, let now = stored.account?.now { try restore(scalars, now: now, decoder) }
        for part in AccountPart.all { try part.restore(&account, rows[part.kind] ?? [], decoder) }
        idempotency = try IdempotencyStore(rows[Self.idempotencyKind] ?? [], decoder)
        for index in targets.indices { targets[index].queue = try WebhookQueue(rows[targets[index].kind] ?? [], decoder) }
        queuedEvents = account.events.count
        let settings = StartSettings(config)
        unsaved = UnsavedState(file: file, started: settings, targets: Set(targets.map(\.number)))
        account.sellPlans(currency: config.currency, basicPrice: config.basicPrice, premiumPrice: config.premiumPrice)
        if let earlier = scalars?.started { follow(settings, since: earlier) }
        try await save()
        ring()
    }

    private struct Format: Decodable { let format: Int }

    private static func scalars(_ text: String, _ decoder: JSONDecoder) throws -> SandboxScalars {
        let row = StateRow(kind: "account", id: "", place: 0, body: text)
        let format = try row.value(decoder, as: Format.self).format
        guard format == SandboxScalars.currentFormat else { throw SandboxStateError.otherFormat(format) }
        return try row.value(decoder)
    }

    private func restore(_ scalars: SandboxScalars, now: Int, _ decoder: JSONDecoder) throws {
        account.now = now
        account.settings = scalars.settings
        account.unsettledCharges = scalars.unsettledCharges
        clock = scalars.clock
        stoodBeforeTestClocks = scalars.stoodBeforeTestClocks
        webhooksPaused = scalars.webhooksPaused
        targets = scalars.targets
        madeTargets = scalars.madeTargets
        signing = scalars.signing
        limit = RateLimit(perSecond: scalars.callsPerSecond)
        chaos = scalars.chaos
        faults = try scalars.faults.map { try decoder.decode(Fault.self, from: Data($0.json.pretty.utf8)) }
    }

    private func follow(_ settings: StartSettings, since earlier: StartSettings) {
        if settings.webhookURLs != earlier.webhookURLs { setWebhookURLs(settings.webhookURLs) }
        if settings.webhookSecret != earlier.webhookSecret { signing = SigningSecrets(settings.webhookSecret) }
        account.settings.follow(settings.billing, since: earlier.billing)
        if settings.rateLimit != earlier.rateLimit { limit = RateLimit(perSecond: settings.rateLimit) }
        if settings.seed != earlier.seed || settings.chaos != earlier.chaos { setChaos(settings.chaos ?? ChaosProfile()) }
    }
}
