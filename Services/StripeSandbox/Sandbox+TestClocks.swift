extension Sandbox {
    /// Has the clock follow the account where a test clock took it. While there is a test clock the clock stands, as Stripe's do between
    /// two advances; without one it is as it was before.
    func followTestClocks() {
        let wall = wall
        if account.now > clock.now(wall: wall) { clock.set(to: account.now, wall: wall) }
        let isHeld = account.testClocks.all.contains { !$0.deleted }
        if isHeld, stoodBeforeTestClocks == nil {
            stoodBeforeTestClocks = clock.isFrozen
            clock.freeze(true, wall: wall)
        } else if !isHeld, let stood = stoodBeforeTestClocks {
            stoodBeforeTestClocks = nil
            clock.freeze(stood, wall: wall)
        }
    }
}
