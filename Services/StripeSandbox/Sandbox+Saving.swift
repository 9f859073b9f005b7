import Foundation

extension Sandbox {
    /// Returns when nothing that was done before this call can be lost any more; at once where the state is in memory only.
    ///
    /// Calls that come during a write share the next one.
    ///
    /// - Throws: `SandboxStateError` when it cannot be written; it is then part of the next write.
    func save() async throws {
        guard let begun = unsaved?.begun else { return }
        // What is being written was taken before this call.
        let wanted = begun + 1
        while let state = unsaved, state.written < wanted {
            if state.isWriting {
                try await withCheckedThrowingContinuation { unsaved?.wait($0) }
            } else {
                guard let batch = try nextBatch() else { return }
                try await write(batch, to: state.file)
            }
        }
    }

    private func write(_ batch: StateBatch, to file: StateFile) async throws {
        unsaved?.begin()
        let result: Result<Void, any Error>
        do {
            try await file.write(batch)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        unsaved?.end(batch, result)
        try result.get()
    }

    private func nextBatch() throws -> StateBatch? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for part in AccountPart.all { unsaved?.add(try part.takeRows(&account, encoder)) }
        unsaved?.add(try idempotency.takeRows(Self.idempotencyKind, encoder))
        for index in targets.indices { unsaved?.add(try targets[index].queue.takeRows(targets[index].kind, encoder)) }
        guard let state = unsaved else { return nil }
        let text = String(decoding: try encoder.encode(scalars(state.started)), as: UTF8.self)
        return state.batch(now: account.now, scalars: text, targets: Set(targets.map(\.number)))
    }

    private func scalars(_ started: StartSettings) -> SandboxScalars {
        SandboxScalars(
            settings: account.settings, unsettledCharges: account.unsettledCharges, clock: clock,
            stoodBeforeTestClocks: stoodBeforeTestClocks, webhooksPaused: webhooksPaused, targets: targets, madeTargets: madeTargets,
            signing: signing, callsPerSecond: limit.perSecond,
            // What a profile without rules has counted decides nothing, and is no reason to write with every call.
            chaos: chaos.profile.rules.isEmpty ? Chaos(chaos.profile, seed: chaos.seed) : chaos,
            faults: faults.map { JSONText($0.json) }, started: started)
    }

    /// The kind that answers under an idempotency key are stored as.
    static let idempotencyKind = "idempotency"
}
