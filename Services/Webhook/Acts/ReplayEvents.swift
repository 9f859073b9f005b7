import Messages
import Messaging
import Models
import Postgres

/// Has events published again. Safe for events that were handled: consumers apply them to what is there by then, as they do whatever
/// comes late.
struct ReplayEvents: Sendable {
    let outbox: Outbox
    /// Called once events wait to be published, to wake the relay.
    let requested: @Sendable () -> Void

    /// A call takes at most this many, the oldest first: what more there is, is there for the next.
    static let most = 10_000

    /// What would happen, and what did.
    struct Result: Sendable {
        struct Group: Sendable {
            var type: String
            var count: Int64
            var subscribers: [ServiceName]
            var obstacle: Replays.Obstacle?
        }

        var groups: [Group]
        var replayed: Int
        var isDryRun: Bool
    }

    /// One event. Throws `ReplayRefusal` when there is none or something stands in the way.
    func one(_ id: EventID, by actor: UserID, because reason: String?) async throws -> Result {
        let result = try await many(EventFilter(id: id), by: actor, because: reason, limit: 1, dryRun: false)
        guard let group = result.groups.first else { throw ReplayRefusal.unknownEvent }
        if result.replayed == 0, let obstacle = group.obstacle { throw ReplayRefusal.obstacle(obstacle) }
        return result
    }

    /// All that fit a filter, or only what would become of them.
    func many(_ filter: EventFilter, by actor: UserID, because reason: String?, limit: Int, dryRun: Bool) async throws -> Result {
        let groups = try await Replays.count(filter, in: outbox.pool).map {
            Result.Group(
                type: $0.type, count: $0.count, subscribers: $0.obstacle == nil ? Topology.subscribers(ofStripeEvent: $0.type) : [],
                obstacle: $0.obstacle)
        }
        guard !dryRun else { return Result(groups: groups, replayed: 0, isDryRun: true) }
        let replayed = try await outbox.transaction { work in
            work.afterCommit(requested)
            return try await Replays.request(filter, by: actor.rawValue, because: reason, limit: limit, in: work)
        }
        return Result(groups: groups, replayed: replayed.count, isDryRun: false)
    }
}
