/// What a file had when a sandbox was started with it.
struct StoredState: Sendable {
    /// Unix seconds on the sandbox's clock, and `SandboxScalars` as JSON; nil where no sandbox was before.
    let account: (now: Int, scalars: String)?
    /// By kind, then by place.
    let rows: [StateRow]
}
