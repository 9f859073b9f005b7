/// What tests and pages do to the account beside the API. Every call first does what has fallen due.
extension Sandbox {
    /// Pays an open session as its page would; a second call pays nothing and answers `paid`.
    func pay(session id: String, with card: TestCard?, billing: BillingDetails = BillingDetails()) -> Account.PageOutcome {
        (try? act { account throws(APIError) in account.pay(session: id, with: card, billing: billing) }) ?? .closed
    }

    /// Pays an open session with a card or from a bank account, as its page would.
    func pay(session id: String, from instrument: Instrument?, billing: BillingDetails = BillingDetails()) -> Account.PageOutcome {
        (try? act { account throws(APIError) in account.pay(session: id, from: instrument, billing: billing) }) ?? .closed
    }

    /// Enters a promotion code on a session's page; answers why it is not taken.
    func enter(promotionCode code: String, in session: String) -> String? {
        try? act { account throws(APIError) in account.enter(promotionCode: code, in: session) }
    }

    /// Does what a customer asks for in the portal; answers why not.
    func perform(_ action: Account.PortalAction, inPortal token: String) -> String? {
        try? act { account throws(APIError) in account.perform(action, inPortal: token) }
    }

    /// Ends the customer's way by the bank, as the bank's page would.
    func authenticate(paymentIntent id: String, succeeds: Bool) -> Account.PageOutcome {
        (try? act { account throws(APIError) in account.authenticate(paymentIntent: id, succeeds: succeeds) }) ?? .closed
    }

    /// Pays an open invoice as its page would; the card becomes the customer's default.
    func pay(invoice id: String, with card: TestCard) -> Account.PageOutcome {
        (try? act { account throws(APIError) in account.pay(invoice: id, with: card) }) ?? .closed
    }

    /// Moves the clock forward and does everything that falls due, each thing at its time.
    ///
    /// - Returns: the events made, oldest first.
    @discardableResult
    func advance(by seconds: Int) -> [Event] {
        let first = account.events.count
        let before = stateToKeep
        let target = now + max(0, seconds)
        account.advance(to: target)
        clock.set(to: target, wall: wall)
        settle(since: before)
        return events(from: first)
    }

    /// Moves the clock to the next thing that falls due and does it.
    ///
    /// - Returns: the events made; none when nothing will ever fall due.
    @discardableResult
    func advanceToNext() -> [Event] {
        tick()
        let first = account.events.count
        let before = stateToKeep
        if account.advanceToNext() { clock.set(to: account.now, wall: wall) }
        settle(since: before)
        return events(from: first)
    }

    private func events(from first: Int) -> [Event] { account.events.ids[first...].compactMap { account.events[$0] } }

    /// Stops the clock, or lets it run with the wall clock.
    func freezeClock(_ frozen: Bool) { clock.freeze(frozen, wall: wall) }

    /// Holds all events back, or lets them go.
    func pauseWebhooks(_ paused: Bool) {
        webhooksPaused = paused
        ring()
    }

    /// Orders disturbances of the API; they replace those still standing.
    func setFaults(_ faults: [Fault]) { self.faults = faults }

    /// Limits the API calls answered in a second; 0 is no limit.
    func setRateLimit(_ limit: Int) { self.limit = RateLimit(perSecond: limit) }

    /// Changes what the account's owner has set.
    func changeSettings(_ change: (inout BillingSettings) -> Void) { change(&account.settings) }
}
