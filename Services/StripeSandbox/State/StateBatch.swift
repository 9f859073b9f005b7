/// What is written at once, all of it or nothing.
struct StateBatch: Sendable {
    /// Unix seconds on the sandbox's clock.
    let now: Int
    /// `SandboxScalars` as JSON.
    let scalars: String
    let rows: [StateRow]
    /// The numbers of the webhook targets that there are, and of those that are gone with all their deliveries.
    let targets: Set<Int>
    let goneTargets: Set<Int>
}
