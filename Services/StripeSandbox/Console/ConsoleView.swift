/// What the page at `/_sandbox` shows, as texts; the template escapes them.
struct ConsoleView: Sendable {
    struct Customer: Sendable {
        let id: String
        let name: String
        let email: String
        let subscriptions: String
        let collected: String
    }

    struct Subscription: Sendable {
        let id: String
        let customer: String
        let plan: String
        let status: String
        let until: String
    }

    struct Event: Sendable {
        let id: String
        let type: String
        let at: String
        let pending: String
    }

    struct Endpoint: Sendable {
        let url: String
        let undelivered: String
        let lastError: String
    }

    struct Count: Sendable {
        let name: String
        let number: String
    }

    let time: String
    let isFrozen: Bool
    let isPaused: Bool
    let isChaotic: Bool
    let seed: String
    let mishaps: [Count]
    let totals: [Count]
    let customers: [Customer]
    let subscriptions: [Subscription]
    let events: [Event]
    let endpoints: [Endpoint]
    let faults: [Count]

    /// How many rows of each kind are shown, newest first.
    static let most = 50
}
