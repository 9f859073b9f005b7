/// What a database had when a sandbox was started with it.
struct StoredState: Sendable {
    /// The how many-th start it is; writes carry it.
    let opening: Int
    /// Unix seconds on the sandbox's clock, and `SandboxScalars` as JSON; nil where no sandbox was before.
    let account: (now: Int, scalars: String)?
    /// By kind, then by place.
    let rows: [StateRow]
}
