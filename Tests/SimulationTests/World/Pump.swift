import DedicatedThread
import Foundation
import Messages
import Models
import Postgres

@testable import Messaging

/// Carries between the database and the world: the time into it, orders and the next time at which somebody is due out of it.
final class Pump: Sendable {
    private struct State {
        /// How far the database's clock is ahead, in microseconds.
        var ahead: Int64 = 0
        /// What it was set to.
        var set: Int64 = 0
        /// The newest row of the outbox that was relayed.
        var relayed: Int64 = 0
        /// When somebody will be looked for.
        var look: Int64?
        /// Whether that is because somebody has asked: whoever has is due by any clock.
        var isAsked = false
        var isRetrying = false
        /// The same of checkout's and refund's outboxes.
        var relayedMoney: [String: Int64] = [:]
        /// When checkout and refund see to what they do every so often, and when Stripe's lists were last compared.
        var upkeep: Int64?
        var compared = Int64(World.beginning) * 1_000_000
    }

    private static let hour: Int64 = 3_600_000_000

    private let world: World
    private let house: House
    private let state = Locked(State())
    /// By key, the queues of those who live here beside enforcement.
    private let queues: [String: [Topology.Queue]]

    init(world: World, house: House) {
        (self.world, self.house) = (world, house)
        let heard = world.with { $0.hasMoney } ? Till.queues.union([Topology.enforcementCustomers.name]) : []
        queues = Dictionary(uniqueKeysWithValues: Topology.flows.map { ($0.key, $0.queues.filter { heard.contains($0.name) }) })
            .filter { !$0.value.isEmpty }
    }

    /// Makes it as late in the database as in the world, or as wrong as its clock is; less than `slack` microseconds do not matter.
    func follow(within slack: Int64 = 0) async throws {
        let now = world.now
        let time = state.withLock { state -> Int64? in
            guard abs(now + state.ahead - state.set) > slack else { return nil }
            state.set = now + state.ahead
            return state.set
        }
        if let time { try await house.database.set(to: time) }
    }

    /// The database's clock is set.
    func set(ahead: Int64) async throws {
        state.withLock { $0.ahead = ahead }
        world.tell("the database's clock is set: it is \(ahead / 1_000_000) s ahead")
        try await follow()
        wake(at: world.now)
    }

    /// Whether this is the time at which somebody was to be looked for. It is then as late in the database as those who are due need it.
    func takeLook() async throws -> Bool {
        let now = world.now
        let (isDue, isAsked) = state.withLock { state in
            guard let look = state.look, look <= now else { return (false, false) }
            state.look = nil
            return (true, state.isAsked)
        }
        if isDue { try await follow(within: isAsked ? World.Item.shortly : 0) }
        return isDue
    }

    func isRetrying(_ isRetrying: Bool) { state.withLock { $0.isRetrying = isRetrying } }

    /// Somebody asks for a look: the worker is woken.
    func wake(at time: Int64) {
        if state.withLock({ $0.look.map { $0 > time } ?? true }) { lookOut(at: time, isAsked: true) }
    }

    /// Checkout and refund have something to see to.
    func keepUp(at time: Int64) {
        let isNews = state.withLock { state in
            guard state.upkeep.map({ $0 > time }) ?? true else { return false }
            state.upkeep = time
            return true
        }
        if isNews { world.with { $0.agenda.add(.upkeep, at: time) } }
    }

    /// Whether this is the time for it, and whether Stripe's lists have their turn; they go on until three days after the last thing that happened.
    func takeUpkeep() -> (isDue: Bool, lists: Bool) {
        let (now, last) = world.with { ($0.now, $0.lastStep) }
        let due = state.withLock { state -> (isDue: Bool, lists: Bool) in
            guard let upkeep = state.upkeep, upkeep <= now else { return (false, false) }
            state.upkeep = nil
            guard now - state.compared >= 12 * Self.hour else { return (true, false) }
            state.compared = now
            return (true, true)
        }
        if due.isDue, now < last + 72 * Self.hour { keepUp(at: now + Self.hour) }
        return due
    }

    /// A program that is broken on purpose may keep somebody on for ever: two months after the last thing that happened nobody looks any more.
    private static let horizon = 60 * 24 * hour

    private func lookOut(at time: Int64, isAsked: Bool = false) {
        guard time < world.with({ $0.lastStep }) + Self.horizon else { return }
        let isNews = state.withLock { state in
            defer { (state.look, state.isAsked) = (time, isAsked) }
            return state.look != time
        }
        if isNews { world.with { $0.agenda.add(.look, at: time) } }
    }

    /// Gives what is in the outbox to those whom it is for, and finds out when the next user is due, or the next message.
    func relay(wasIdle: Bool) async throws {
        let ahead = state.withLock { $0.ahead }
        let relayed = state.withLock { $0.relayed }
        let row = try await house.pool.query(
            Query(
                """
                SELECT (SELECT (extract(epoch FROM min(greatest(
                            CASE WHEN asked_at IS NULL THEN
                                CASE WHEN stop_due_at IS NULL THEN to_timestamp(ceil((extract(epoch FROM check_at) + 2) / 300) * 300) ELSE check_at END
                                + make_interval(secs => \(Double(ahead) / 1e6) + 1.1)
                                 WHEN wanted = 'on' THEN greatest(asked_at, CASE WHEN looked_at <= now() THEN looked_at + interval '510 ms' END)
                                 ELSE asked_at END,
                            CASE WHEN retry_at <= now() + interval '1 day' THEN retry_at END,
                            CASE WHEN claimed_until <= now() + interval '90 s' THEN claimed_until END))) * 1000000)::bigint
                        FROM access WHERE asked_at IS NOT NULL OR check_at IS NOT NULL) AS look,
                       (SELECT (extract(epoch FROM min(next_attempt_at)) * 1000000)::bigint FROM inbox WHERE status = 'retry') AS retry,
                       (SELECT coalesce(max(id), 0) FROM outbox) AS newest,
                       (SELECT min(user_id) FROM access
                        WHERE wanted = 'on' AND (check_at IS NULL OR check_at > to_timestamp(\(Double(world.now) / 1e6)) + interval '25 hours'))
                       AS forgotten
                """
            ))[0]
        if let user = try row.get("forgotten", as: String?.self) {
            world.find("FORGOTTEN: \(user) is on and has no next look within a day", about: user)
        }
        // Whoever asks wakes the worker; a time of Stripe's is noticed when the whole seconds of its dates have reached it. Who is looked at because a
        // day is over can wait for others: here the scan comes every five minutes for them.
        if let look = try row.get("look", as: Int64?.self) { lookOut(at: max(look - ahead, world.now) + (wasIdle ? 500_000 : 20_000)) }
        if let retry = try row.get("retry", as: Int64?.self) { plan(retry: retry - ahead) }
        let newest = try row.get("newest", as: Int64.self)
        if newest > relayed {
            state.withLock { $0.relayed = newest }
            try await relay(house.pool, after: relayed, of: .enforcement)
        }
        if world.with({ $0.hasMoney }) { try await relayMoney(ahead) }
    }

    private func plan(retry time: Int64) {
        guard !state.withLock({ $0.isRetrying }) else { return }
        isRetrying(true)
        world.with { $0.agenda.add(.retry, at: max(time, $0.now) + 1_000_000) }
    }

    /// What checkout and refund have said, and their messages that are to be tried again.
    private func relayMoney(_ ahead: Int64) async throws {
        let read: Query = """
            SELECT (SELECT (extract(epoch FROM min(next_attempt_at)) * 1000000)::bigint FROM
                       (SELECT next_attempt_at FROM checkout.inbox WHERE status = 'retry'
                        UNION ALL SELECT next_attempt_at FROM refund.inbox WHERE status = 'retry') AS waiting) AS retry,
                   (SELECT coalesce(max(id), 0) FROM checkout.outbox) AS checkout, (SELECT coalesce(max(id), 0) FROM refund.outbox) AS refund
            """
        let row = try await house.database.all.query(read)[0]
        if let retry = try row.get("retry", as: Int64?.self) { plan(retry: retry - ahead) }
        for (service, pool) in [(ServiceName.checkout, house.database.checkout), (.refund, house.database.refund)] {
            let newest = try row.get(service.rawValue, as: Int64.self)
            let relayed = state.withLock { $0.relayedMoney.updateValue(newest, forKey: service.rawValue) ?? 0 }
            if newest > relayed { try await relay(pool, after: relayed, of: service) }
        }
    }

    /// Gives what a service has said since to those whom it is for.
    private func relay(_ pool: PostgresPool, after id: Int64, of service: ServiceName) async throws {
        let keys = Array(queues.keys) + [VMRestore.key, VMShutdown.key, SubscriptionEndRequested.key]
        let said: Query = "SELECT id, routing_key, body FROM outbox WHERE id > \(id) AND routing_key = ANY(\(keys)) ORDER BY id"
        for row in try await pool.query(said) {
            let (key, body): (String, [UInt8]) = (try row.get("routing_key"), try row.get("body"))
            if let queues = queues[key] {
                world.carry(body, "\(service.rawValue) \(try row.get("id", as: Int64.self)) \(key)", about: Self.life(in: body), to: queues)
            } else {
                try give(key, body)
            }
        }
    }

    /// Whose life a message is about, by the first name of that kind in it; -1 where there is none.
    private static func life(in body: [UInt8]) -> Int {
        let text = String(decoding: body, as: UTF8.self)
        return text.firstMatch(of: /"(?:user|cus|sub|pi|in|ch)_([0-9]+)/).flatMap { Int($0.1) } ?? -1
    }

    private func give(_ key: String, _ body: [UInt8]) throws {
        switch key {
        case VMRestore.key: world.order(try WireJSON.decode(CloudEvent<VMRestore>.self, from: body).data.order, isOn: true)
        case VMShutdown.key: world.order(try WireJSON.decode(CloudEvent<VMShutdown>.self, from: body).data.order, isOn: false)
        default:
            world.end(try WireJSON.decode(CloudEvent<SubscriptionEndRequested>.self, from: body).data.subscriptionID)
        }
    }
}
