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
    _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "not within \(limit): \(what)") }
        // lint:allow sleep because the condition is looked at again, until its deadline
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Returns once `underWay` names nothing; throws what it named last when that has stayed the same for `stall`, or after `limit` at the latest.
///
/// For what a whole system has to work off. How long that takes is the machine's matter, that it goes on is the code's.
package func worksOff(
    _ what: String, stall: Duration = .seconds(60), within limit: Duration = .seconds(900), _ underWay: () async throws -> String?
) async throws {
    let deadline = ContinuousClock.now + limit
    var last: String?
    var changed = ContinuousClock.now
    while let left = try await underWay() {
        if left != last { (last, changed) = (left, .now) }
        guard ContinuousClock.now - changed < stall else {
            throw NotInTime(description: "\(what): nothing moves for \(stall), left are \(left)")
        }
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "\(what): not within \(limit), left are \(left)") }
        // lint:allow sleep because what is left is looked at again, as long as it changes
        try await Task.sleep(for: .milliseconds(50))
    }
}
