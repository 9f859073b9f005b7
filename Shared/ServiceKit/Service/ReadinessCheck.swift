/// One thing that must be so before a service can be sent requests.
package struct ReadinessCheck: Sendable {
    /// What is checked, in a word or two.
    package let name: String
    let check: @Sendable () async throws -> Void

    /// A check that throws when it is not so; the error's `description` is shown to operators as the reason. It has one second.
    package init(_ name: String, check: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.check = check
    }
}

/// A reason for not being ready, in plain words.
package struct NotReady: Error, CustomStringConvertible {
    /// The reason.
    package let description: String

    /// Not ready because of `reason`.
    package init(_ reason: String) {
        description = reason
    }
}
