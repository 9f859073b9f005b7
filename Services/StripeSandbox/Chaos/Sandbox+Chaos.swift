extension Sandbox {
    /// Begins to misbehave by another profile; counts and ordinals begin anew, so that the same run meets the same mishaps.
    func setChaos(_ profile: ChaosProfile) {
        chaos = Chaos(profile, seed: seed)
        history = AccountHistory()
    }

    /// Switches chaos off, or on again where it stopped; a sandbox without a profile begins a bad day.
    func turnChaos(on: Bool) {
        if on && chaos.profile.rules.isEmpty { return setChaos(.badDay) }
        chaos.turn(on: on)
    }

    /// The account if it will be asked for when it is out of date.
    var stateToKeep: Account? { chaos.looksBack ? account : nil }

    /// Keeps how the account was, if it has changed since.
    func keep(_ before: Account?) {
        if let before, before.events.count != account.events.count { history.keep(before, at: wall) }
    }

    /// The answer to a call as it would have been some changes ago; nil when nothing has changed lately, or the call was refused then.
    func outdated(_ endpoint: Endpoint, _ call: Call, before changes: Int, within seconds: Double) -> JSON? {
        guard var past = history.account(before: changes, within: seconds, at: wall) else { return nil }
        var call = call
        guard let paths = try? call.parameters.texts("expand"),
            let body = try? endpoint.body(of: &call, in: &past, expanding: paths)
        else { return nil }
        chaos.count(.stale)
        return body
    }
}
