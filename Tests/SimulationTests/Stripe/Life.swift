import TestKit

/// One user's life at Stripe: what they are like, what has become of their money, and what comes next. All of it follows from a seed and from
/// the times at which it is asked to go on, and nothing else.
struct Life: Sendable {
    /// By which the objects of this installation are known.
    static let installation = "simulation"

    let number: Int
    private(set) var character: Character
    var books = Books()
    /// What the books were at each time, in microseconds since the beginning: for answers that are older than they should be.
    private(set) var history: [(time: Int64, books: Books)] = []
    /// How many of the customers are known to be this user.
    var introduced = 0
    /// How many subscriptions checkout has spoken of.
    var reminded = 0
    /// What was answered to idempotency keys.
    var answered: [String: Answered] = [:]
    /// What the newest event that was delivered found the books to be.
    var heard: Books?
    /// Whether this user does nothing any more.
    var isOver = false
    var random: Seeded
    /// What has been said by the step in hand, and what is to come of it.
    var said: [Event] = []
    var planned: [(time: Int, step: Step)] = []
    private var eventCount = 0

    /// What a user is like, and how the account treats them.
    struct Character: Sendable {
        var interval: Int
        var method: Method
        /// How likely a collection succeeds.
        var solvency: Double
        /// How likely a failure is of the kind that is not tried again.
        var hardness: Double
        /// Days from one failed attempt to the next.
        var schedule: [Int]
        /// What becomes of a subscription after the last of them.
        var lastResort: LastResort
    }

    enum Method: String, Sendable {
        case card
        case sepa = "sepa_debit"
        case cashapp, mailed
    }
    enum LastResort: Sendable, CaseIterable { case cancel, markUnpaid, leave, pause }

    /// What happens at Stripe by itself, or by somebody's hand.
    enum Step: Sendable {
        case act(Act)
        case endPeriod(Int, of: Int)
        case finalize(Int)
        case collect(Int)
        case settle(Int, succeeds: Bool)
        case expire(Int)
        case resume(Int)
        case cancel(Int)
        case settleRefund(Int, succeeds: Bool)
    }

    enum Act: String, Sendable, CaseIterable {
        case subscribe, tryFirst, leaveUnpaid, subscribeAgain, cancelNow, cancelAtEnd, takeBackCancel, changePlan, payByHand, failByHand
        case pauseVoid, pauseDraft, pauseWriteOff, endPause, voidOpen, writeOff, invoiceByHand, buyMug, deleteCustomer, loseDispute,
            refundAll
        case end

        /// Whether it may begin a subscription.
        var begins: Bool { [.subscribe, .subscribeAgain, .tryFirst, .leaveUnpaid, .buyMug].contains(self) }
    }

    struct Event: Sendable {
        var id: String
        var type: String
        var created: Int
        var object: String
    }

    init(number: Int, seed: UInt64, method: Method? = nil) {
        self.number = number
        var random = Seeded(seed: seed &* 0x9E37_79B9 &+ UInt64(number) &* 0x85EB_CA6B &+ 1)
        character = Character(&random)
        character.method = method ?? character.method
        self.random = random
        _ = self.random.next()
    }

    /// Goes one step at this time, in microseconds.
    mutating func go(_ step: Step, at time: Int64) {
        take(step, at: Int(time / 1_000_000))
        keep(at: time)
    }

    /// What the books are now is what they were at this time.
    mutating func keep(at time: Int64) { history.append((time, books)) }

    /// The books as they were at a time.
    func books(at time: Int64) -> Books { history.last { $0.time <= time }?.books ?? Books() }

    /// An event of that time is delivered.
    mutating func hear(of time: Int64) { heard = books(at: time) }

    mutating func say(_ type: String, _ object: String, at now: Int) {
        eventCount += 1
        said.append(Event(id: "evt_\(number)_\(eventCount)", type: type, created: now, object: object))
    }

    mutating func plan(_ step: Step, at time: Int) { planned.append((time, step)) }
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
}

extension Life.Character {
    /// Most pay most of the time; many of the others are in the trouble that this is about.
    init(_ random: inout Seeded) {
        interval = [1, 1, 2, 2, 3, 7, 30].randomElement(using: &random)! * Day.seconds
        method = [.card, .card, .card, .card, .sepa, .sepa, .cashapp, .mailed].randomElement(using: &random)!
        solvency = [0.97, 0.9, 0.6, 0.3, 0.1].randomElement(using: &random)!
        hardness = [0, 0.2, 0.6].randomElement(using: &random)!
        schedule = [[1, 1, 1], [1, 2, 3], [1, 1, 1, 1, 1, 1, 1], []].randomElement(using: &random)!
        lastResort = Life.LastResort.allCases.randomElement(using: &random)!
    }
}
