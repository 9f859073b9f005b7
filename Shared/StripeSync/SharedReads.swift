/// Lets all who ask for the same thing at the same time share one answer that was asked for after each of them came.
///
/// A read that is under way may have begun before the latest change, so whoever comes meanwhile waits for the next one; that is one for all of
/// them. Whoever makes it is one of those who wait, so nothing outlives its callers; when it fails, it fails for all.
actor SharedReads<Answer: Sendable> {
    private enum Turn: Sendable {
        case lead
        case answer(Result<Answer, any Error>)
    }

    /// Who waits for the next read of what is being read now.
    private var waiting: [String: [CheckedContinuation<Turn, Never>]] = [:]

    /// What `ask` answers, asked by this caller or by another one since this one came.
    func read(_ name: String, _ ask: @Sendable () async throws -> Answer) async throws -> Answer {
        if waiting[name] != nil {
            let turn = await withCheckedContinuation { waiting[name]?.append($0) }
            if case .answer(let answer) = turn { return try answer.get() }
        }
        let followers = waiting[name] ?? []
        waiting[name] = []
        let answer: Result<Answer, any Error>
        do { answer = .success(try await ask()) } catch { answer = .failure(error) }
        for follower in followers { follower.resume(returning: .answer(answer)) }
        handOver(name)
        return try answer.get()
    }

    /// How many wait for the next read.
    func waiters(for name: String) -> Int { waiting[name]?.count ?? 0 }

    private func handOver(_ name: String) {
        guard var next = waiting[name], !next.isEmpty else {
            waiting[name] = nil
            return
        }
        let leader = next.removeFirst()
        waiting[name] = next
        leader.resume(returning: .lead)
    }
}
