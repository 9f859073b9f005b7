import Foundation

/// A stand-in for Stripe: one account, its clock, and what was sent to whom.
///
/// Everything a test or a page does goes through here, one thing after another.
package actor Sandbox {
    var account: Account
    var clock: SandboxClock
    var faults: [Fault] = []
    var records: [RequestRecord] = []
    var webhooksPaused = false
    /// Those of the settings first.
    var targets: [WebhookTarget]
    /// How many targets there ever were.
    var madeTargets: Int
    /// The secret of the targets that the settings name.
    var signing: SigningSecrets
    var idempotency = IdempotencyStore()
    var limit: RateLimit
    /// Decides chaos where its profile brings no seed of its own.
    let seed: Int
    var chaos: Chaos
    var history = AccountHistory()
    /// Whether the clock stood before the first test clock was made; nil while there is none.
    var stoodBeforeTestClocks: Bool?
    /// How many of the account's events are in the queues.
    var queuedEvents = 0
    /// What a file has yet to be told; nil where all is in memory only.
    var unsaved: UnsavedState?
    /// When the sender has asked to be woken; at most one call is out.
    var wakeAt: Double?
    /// Rings when there may be something to deliver.
    nonisolated let doorbell: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// A new account; nothing is listening yet.
    package init(_ config: SandboxConfig) {
        let wall = Date().timeIntervalSince1970
        clock = SandboxClock(start: config.clockStart, wall: wall, frozen: config.clockIsFrozen)
        account = Account(
            now: clock.now(wall: wall), publicURL: config.publicURL ?? "http://\(config.host):\(config.port)", currency: config.currency,
            basicPrice: config.basicPrice, premiumPrice: config.premiumPrice)
        account.settings = BillingSettings(config)
        targets = config.webhookURLs.enumerated().map { WebhookTarget(number: $0.offset + 1, url: $0.element) }
        madeTargets = config.webhookURLs.count
        signing = SigningSecrets(config.webhookSecret)
        limit = RateLimit(perSecond: config.rateLimit)
        seed = config.seed
        chaos = Chaos(config.chaos ?? ChaosProfile(), seed: config.seed)
        (doorbell, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var wall: Double { Date().timeIntervalSince1970 }

    /// Seconds on the sandbox's clock; never behind anything that has happened.
    var now: Int { max(account.now, clock.now(wall: wall)) }

    /// Says where the hosted pages are, once the port is known.
    func setPublicURL(_ url: String) { account.publicURL = url }

    /// Does what has fallen due, then the work, then puts the new events on their way.
    func act<T>(_ work: (inout Account) throws(APIError) -> T) throws(APIError) -> T {
        let before = stateToKeep
        defer { settle(since: before) }
        account.advance(to: clock.now(wall: wall))
        return try work(&account)
    }

    /// Does what has fallen due.
    func tick() {
        let before = stateToKeep
        account.advance(to: clock.now(wall: wall))
        settle(since: before)
    }

    /// What follows from a change of the account.
    func settle(since before: Account?) {
        keep(before)
        followTestClocks()
        followWebhookEndpoints()
        queueEvents()
    }

    private func queueEvents() {
        guard queuedEvents < account.events.count else { return }
        let now = wall
        for id in Array(account.events.ids[queuedEvents...]) {
            let fate = chaos.fateOfNextEvent()
            if fate.isMade { send(id, fate, at: now) } else { account.events.remove(id) }
        }
        queuedEvents = account.events.count
        ring()
    }

    /// Has the sender look again.
    func ring() { bell.yield() }
}
