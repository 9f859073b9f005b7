import Foundation
import Postgres

extension World.State {
    /// What is wrong with an order that was just decided, by the truth at the times of the answers that it rests on.
    func wrongs(of number: Int, isOn: Bool) -> [String] {
        guard let life = lives[number], let record = records[number] else { return [] }
        guard let look = record.looks.last, look.ended == now, !look.reads.isEmpty else {
            return ["an order without a look at \(World.clock(now))"]
        }
        if isOn {
            // Of a failure of which no event tells the first look that sees it is the beginning, up to a day later.
            let late = record.untold > 0 ? Day.seconds + 2 * Day.hour : 0
            return look.reads.contains { Self.truth(life, $0) == .on || Self.truth(life, $0, late: late) == .on }
                ? [] : ["WRONG START at \(World.clock(now)): nothing said on"]
        }
        guard look.reads.contains(where: { Self.truth(life, $0) == .off }) else {
            return ["WRONG STOP at \(World.clock(now)): what was read did not say off"]
        }
        let second = look.reads.map(\.asOf).min() ?? now
        // When it began says little: an answer may take its time.
        let answered = look.reads.map(\.served).min() ?? 0
        if now - answered > 11_000_000 {
            return ["WRONG STOP at \(World.clock(now)): on answers that were too old"]
        }
        for first in record.looks.dropLast().reversed()
        where first.ended >= answered - 620_000_000 && first.ended <= answered - 58_000_000 {
            guard let read = first.reads.last(where: { Self.truth(life, $0) == .off }) else { continue }
            return wasOn(life, from: read.asOf, to: second)
                ? ["WRONG STOP at \(World.clock(now)): it was paid for between the two reads"] : []
        }
        return ["WRONG STOP at \(World.clock(now)): there was no first read that said off, at least a minute and at most ten before"]
    }

    private static func truth(_ life: Life, _ read: Record.Read, late: Int = 0) -> Truth {
        Truth(life.books(at: read.asOf), at: Int(read.served / 1_000_000), late: late)
    }

    private func wasOn(_ life: Life, from: Int64, to: Int64) -> Bool {
        life.history.contains { $0.time > from && $0.time < to && Truth($0.books, at: Int($0.time / 1_000_000)) == .on }
    }
}

/// What a run has shown.
struct SimulationResult: Sendable {
    /// The numbers of the lives.
    var numbers: [Int]
    var starts = 0
    var stops = 0
    var looks = 0
    /// How many payments were collected where money is looked at, and how many refunds were made.
    var payments = 0
    var refunds = 0
    /// What is wrong, each with whose life it is.
    var findings: [(life: Int, text: String)] = []
    var struck: [String]
    var story: [String]

    init(_ plan: SimulationPlan, _ world: World, _ house: House) async throws {
        let isClockTrue = world.with { $0.faults.clockJumps.isEmpty }
        let state = world.with { ($0.records, $0.lives, $0.faults.struck, $0.story ?? [], $0.now) }
        (numbers, struck, story) = (state.1.keys.sorted(), state.2, state.3)
        for number in state.1.keys.sorted() {
            guard let record = state.0[number], let life = state.1[number] else { continue }
            starts += record.orders.filter(\.isOn).count
            stops += record.orders.filter { !$0.isOn }.count
            looks += record.looks.count
            let course = Course(life, record, until: state.4, isClockTrue: isClockTrue)
            findings += (record.findings + course.findings).map { (number, $0) }
        }
        for text in try await house.wrongs() { findings.append((-1, text)) }
        guard plan.hasMoney else { return }
        let ledger = try await Ledger(house.database.all)
        findings += ledger.wrongs.map { (-1, $0) }
        for (number, life) in state.1.sorted(by: { $0.key < $1.key }) {
            let starts = state.0[number]?.orders.filter(\.isOn).map(\.time) ?? []
            findings += ledger.wrongs(of: life, startedAt: starts).map { (number, $0) }
            payments += life.books.charges.count { $0.status == "succeeded" }
            refunds += life.books.refunds.count
        }
    }

    var lives: Int { numbers.count }
    var faults: Int { struck.count }
}

/// A life's truth beside what was wanted for it, over time.
private struct Course {
    var findings: [String] = []

    /// Everybody who is on is looked at within a day, an hour is the longest wait after a failed look, and an outage lasts up to two.
    private static let bound: Int64 = 30 * 3600 * 1_000_000
    /// Who has paid is started when Stripe's events are heard, which are lost for an hour at most, or once an outage is over.
    private static let startBound: Int64 = 6 * 3600 * 1_000_000

    init(_ life: Life, _ record: Record, until end: Int64, isClockTrue: Bool) {
        let turns = life.history.flatMap { moment in Truth.turns(moment.books).map { Int64($0) * 1_000_000 } }
        let times = Set(life.history.map(\.time) + turns + record.orders.map(\.time)).filter { $0 <= end }.sorted()
        // Who was not told of a failure sees it a day later, and gives grace from then.
        let bound = record.untold > 0 ? 2 * Self.bound : Self.bound
        let isToldSoon = isClockTrue && record.untold == 0
        var (since, wanted): (Int64?, Bool) = (nil, false)
        var orders = record.orders[...]
        for time in times + [end] {
            // Before the orders at this time are given: what has lasted until now.
            let truth = Truth(life.books(at: time), at: Int(time / 1_000_000))
            if let begun = since, time - begun > (isToldSoon && !wanted ? Self.startBound : bound) {
                findings.append(
                    "\(wanted ? "MISSED STOP" : "MISSED START"): from \(World.clock(begun)) until \(World.clock(time)) the VM \(wanted ? "ran" : "did not run")"
                )
                since = nil
            }
            while let order = orders.first, order.time <= time {
                wanted = order.isOn
                orders.removeFirst()
            }
            let isWrong = truth == (wanted ? .off : .on)
            since = isWrong ? since ?? time : nil
        }
        if wanted != record.isRunning {
            findings.append("the VM \(record.isRunning ? "runs" : "does not run") though it is wanted \(wanted ? "on" : "off")")
        }
        let generations = record.orders.map(\.generation)
        if generations != generations.indices.map({ Int64($0) + 1 }) { findings.append("the generations of the orders are \(generations)") }
    }
}

extension House {
    /// What is wrong with the tables at the end.
    func wrongs() async throws -> [String] {
        var wrongs: [String] = []
        for (what, query) in [
            (
                "somebody is on and has no next look within a day",
                "SELECT user_id AS about FROM access WHERE wanted = 'on' AND (check_at IS NULL OR check_at > simulated.now() + interval '50 hours')"
            ),
            ("a message is parked", "SELECT message_id || ' ' || coalesce(last_error, '') AS about FROM inbox WHERE status = 'parked'"),
            (
                "a message is still to be tried",
                "SELECT message_id || ' ' || coalesce(last_error, '') AS about FROM inbox WHERE status = 'retry'"
            ),
            (
                "an event was never taken into account",
                "SELECT stripe_event_id AS about FROM hints JOIN customers USING (stripe_customer_id)"
            ),
        ] as [(String, Query)] {
            for row in try await pool.query(query).prefix(5) { wrongs.append("\(what): \(try row.get("about", as: String.self))") }
        }
        return wrongs
    }
}

extension House {
    /// Compares what checkout and refund know with what is, of every life of which they can know all.
    func audit() async throws {
        let waiting: Query = """
            SELECT (SELECT count(*) FROM checkout.inbox WHERE status = 'retry') + (SELECT count(*) FROM refund.inbox WHERE status = 'retry') AS count
            """
        guard try await database.all.query(waiting)[0].get("count", as: Int64.self) == 0 else { return }
        let ledger = try await Ledger(database.all, isAtEnd: false)
        world.with { state in
            for (number, life) in state.lives where state.isSettled(life) && state.records[number]?.findings.isEmpty == true {
                let starts = state.records[number]?.orders.filter(\.isOn).map(\.time) ?? []
                let wrongs = ledger.wrongs(of: life, startedAt: starts).map { "\($0), on \(World.clock(state.now))" }
                state.records[number]?.findings += wrongs
            }
        }
    }
}
