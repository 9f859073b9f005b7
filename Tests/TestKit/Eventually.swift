/// A condition that did not come true in time.
package struct NotInTime: Error, CustomStringConvertible {
    /// What was waited for.
    package let description: String

    /// Names what was waited for.
    package init(description: String) { self.description = description }
}

/// Returns once `condition` holds; throws what was waited for when it does not within `limit`.
///
/// Looks every 20 ms: the condition is a look at rows or queues of another task or process, which cannot call back.
package func eventually(
    _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "not within \(limit): \(what)") }
        // lint:allow sleep because the condition is looked at again, until its deadline
        try await Task.sleep(for: .milliseconds(20))
    }
}
