/// The account as it was before each of its last changes, for answers that are out of date.
struct AccountHistory: Sendable {
    private struct State: Sendable {
        let account: Account
        /// When it ceased to be so, seconds of the wall clock.
        let until: Double
    }

    /// As far as a profile can ask back.
    private static let most = 16
    private var states: [State] = []

    mutating func keep(_ account: Account, at wall: Double) {
        states.append(State(account: account, until: wall))
        if states.count > Self.most { states.removeFirst() }
    }

    /// The account before the last `changes` changes, or before as many of them as happened in the last `seconds`; nil when none did.
    func account(before changes: Int, within seconds: Double, at wall: Double) -> Account? {
        states.suffix(changes).first { wall - $0.until <= seconds }?.account
    }
}
