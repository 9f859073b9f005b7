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
        var isRetrying = false
    }

    private let world: World
    private let house: House
    private let state = Locked(State())

    init(world: World, house: House) { (self.world, self.house) = (world, house) }

    /// Makes it as late in the database as in the world, or as wrong as its clock is.
    func follow() async throws {
        let now = world.now
        let time = state.withLock { state -> Int64? in
            guard now + state.ahead != state.set else { return nil }
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

    /// Whether this is the time at which somebody was to be looked for.
    func isDue() -> Bool {
        let now = world.now
        return state.withLock { state in
            guard let look = state.look, look <= now else { return false }
            state.look = nil
            return true
        }
    }

    func isRetrying(_ isRetrying: Bool) { state.withLock { $0.isRetrying = isRetrying } }

    /// Somebody asks for a look: the worker is woken.
    func wake(at time: Int64) { lookOut(at: state.withLock { min($0.look ?? .max, time) }) }

    private func lookOut(at time: Int64) {
        let isNews = state.withLock { state in
            defer { state.look = time }
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
                       (SELECT coalesce(max(id), 0) FROM outbox) AS newest
                """
            ).prepared())[0]
        // Whoever asks wakes the worker; a time of Stripe's is noticed when the whole seconds of its dates have reached it. Who is looked at because a
        // day is over can wait for others: here the scan comes every five minutes for them.
        if let look = try row.get("look", as: Int64?.self) { lookOut(at: max(look - ahead, world.now) + (wasIdle ? 500_000 : 20_000)) }
        if let retry = try row.get("retry", as: Int64?.self), !state.withLock({ $0.isRetrying }) {
            isRetrying(true)
            world.with { $0.agenda.add(.retry, at: max(retry - ahead, $0.now) + 1_000_000) }
        }
        let newest = try row.get("newest", as: Int64.self)
        guard newest > relayed else { return }
        state.withLock { $0.relayed = newest }
        let said = try await house.pool.query(
            "SELECT routing_key, body FROM outbox WHERE id > \(relayed) AND (exchange = 'vm.commands' OR routing_key = 'subscription.end_requested.v1') ORDER BY id"
        )
        for row in said { try give(try row.get("routing_key"), try row.get("body")) }
    }

    private func give(_ key: String, _ body: [UInt8]) throws {
        switch key {
        case VMRestore.key: world.order(try WireJSON.decode(CloudEvent<VMRestore>.self, from: body).data.order, isOn: true)
        case VMShutdown.key: world.order(try WireJSON.decode(CloudEvent<VMShutdown>.self, from: body).data.order, isOn: false)
        default: world.end(try WireJSON.decode(CloudEvent<SubscriptionEndRequested>.self, from: body).data.subscriptionID)
        }
    }
}
