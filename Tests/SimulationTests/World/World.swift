import DedicatedThread
import Foundation

/// What there is beside the system under test: time, lives at Stripe, faults, and a record of what was done to whom.
final class World: Sendable {
    /// 2026-01-01T00:00:00Z, in seconds.
    static let beginning = 1_767_225_600

    let baton = Baton()
    private let state: Locked<State>

    struct State: Sendable {
        var now = Int64(World.beginning) * 1_000_000
        var agenda = Agenda<Item>()
        var lives: [Int: Life] = [:]
        var faults: Faults
        var records: [Int: Record] = [:]
        /// Which process of each replica is alive.
        var processes = [0, 0]
        var story: [String]?
        var sabotage: Sabotage?
        var requests = 0
        /// Whether checkout and refund live here, too.
        var hasMoney = false
        /// When something last happened at Stripe by itself.
        var lastStep: Int64 = 0
        /// How many messages about each life checkout and refund have yet to hear.
        var unheard: [Int: Int] = [:]
        /// Since when each life may be another than checkout and refund can know until Stripe's lists are compared.
        var untold: [Int: Int64] = [:]
        /// When that was done to the end, and begun.
        var compared: Int64 = 0
        /// When what was last delivered about each object was made, and when that was said to be.
        var delivered: [String: (made: Date, said: Date)] = [:]
    }

    /// What comes at a time.
    enum Item: Sendable {
        case step(life: Int, Life.Step)
        case deliver(Delivery)
        case command(life: Int, isOn: Bool, generation: Int64)
        case resume(Job)
        case look
        case retry
        /// What a killed process had claimed is anybody's again.
        case wake
        /// A customer is made by checkout.
        case link(life: Int, customer: String)
        /// What checkout and refund do every so often.
        case upkeep
        /// Somebody in the office gives money back, under a key.
        case giveBack(life: Int, number: Int)
        case clock(ahead: Int64)

        /// What does not matter to messages and answers, in microseconds.
        static let shortly: Int64 = 200_000

        /// How late the database's clock may be when it comes: who looks for what is due needs to know how late it is; nil where nobody asks, or later.
        var slack: Int64? {
            switch self {
            case .step, .command, .wake, .look: nil
            case .deliver, .resume, .link, .giveBack: Self.shortly
            case .retry, .upkeep, .clock: 0
            }
        }
    }

    struct Delivery: Sendable {
        var life: Int
        var queue: String
        var body: [UInt8]
        var name: String
        /// When Stripe made the event, in microseconds; nil for what is not one.
        var made: Int64?
    }

    init(_ plan: SimulationPlan) {
        let beginning = Int64(Self.beginning) * 1_000_000
        let faults = Faults(seed: plan.seed, without: plan.without, from: beginning, days: plan.days)
        var state = State(faults: faults, story: plan.isTold ? [] : nil, sabotage: plan.sabotage, hasMoney: plan.hasMoney)
        for number in plan.lives {
            var life = Life(number: number, seed: plan.seed, method: plan.method)
            let start = Self.beginning + Int(faults.uniform("start \(number)") * Double(plan.spread * Day.seconds))
            for (time, act) in life.script() { state.agenda.add(.step(life: number, .act(act)), at: Int64(start + time) * 1_000_000) }
            state.lives[number] = life
            state.records[number] = Record()
            if plan.hasMoney { state.planRefunds(of: number, from: start, days: plan.days) }
        }
        for jump in faults.clockJumps { state.agenda.add(.clock(ahead: jump.ahead), at: jump.time) }
        self.state = Locked(state)
    }

    func with<Result: Sendable>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }

    var now: Int64 { with { $0.now } }

    /// Goes to what comes next; nil when there is nothing more.
    func next() -> Item? {
        with { state in
            guard let (time, item) = state.agenda.take() else { return nil }
            state.now = max(state.now, time)
            return item
        }
    }

    /// Waits, as a job, until a time of the world's. Where nothing happens before, it is that time at once.
    func wait(until time: Int64) async throws {
        try Job.current?.live()
        let isThere = with { state in
            guard state.agenda.next.map({ $0 > time }) ?? true else { return false }
            state.now = max(state.now, time)
            return true
        }
        if isThere { return }
        // Only jobs wait; whoever is none is not to go on.
        guard let job = Job.current else { throw CancellationError() }
        with { $0.agenda.add(.resume(job), at: time) }
        try await job.wait(baton)
    }

    /// The messages that a consumer finds together with this one, in the order in which they came: those of its queue that arrive in the same
    /// fiftieth of a second.
    func delivered(with first: Delivery) -> [Delivery] {
        with { state in
            var together = [first]
            while case .deliver(let next)? = state.agenda.upcoming(until: state.now + 20_000), next.queue == first.queue {
                together.append(next)
                _ = state.agenda.take()
            }
            return together
        }
    }

    func tell(_ line: @autoclosure () -> String) {
        with { state in
            guard state.story != nil else { return }
            state.story?.append("\(Self.clock(state.now))  \(line())")
        }
    }

    /// Days and hours since the beginning.
    static func clock(_ time: Int64) -> String {
        let milliseconds = time / 1000 - Int64(beginning) * 1000
        let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = String(1000 + rest % 1000).dropFirst()
        return "day \(days) \(two(rest / 3_600_000)):\(two(rest / 60_000 % 60)):\(two(rest / 1000 % 60)).\(fraction)"
    }
}

/// What one run is made of.
struct SimulationPlan: Sendable {
    var seed: UInt64
    var lives: [Int]
    /// Over how many days lives begin.
    var spread = 4
    /// How long faults of the times go on, in days.
    var days = 16
    /// Faults that are left out, by kind or by name.
    var without: Set<String> = []
    /// Whether checkout and refund are driven, too.
    var hasMoney = false
    /// How everybody pays; nil where each has a way of their own.
    var method: Life.Method?
    /// How the code is broken on purpose.
    var sabotage: Sabotage?
    /// Whether a story is told.
    var isTold = false
}
