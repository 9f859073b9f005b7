/// Does `work`, and calls `renew` every `interval` meanwhile: whoever works for longer than the lease that they hold says so. The first of both that
/// throws ends it, and its error is thrown.
func whileRenewing(
    every interval: Duration, _ renew: @escaping @Sendable () async throws -> Void, work: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await work() }
        group.addTask {
            while true {
                try await Task.sleep(for: interval)
                try await renew()
            }
        }
        defer { group.cancelAll() }
        try await group.next()
    }
}
