package import Logging

/// How a queue stands at the broker.
package struct QueueState: Sendable, Hashable, Codable {
    /// Its name.
    package let name: String
    /// False where the broker has none of that name; the counts are 0 then.
    package let exists: Bool
    /// Messages that are ready to be delivered; those which a consumer has and did not acknowledge are not among them.
    package let messages: Int
    /// Who consumes from it, of all replicas.
    package let consumers: Int
}

/// How the queues of these names stand, in the order given.
///
/// Nothing is created. A queue exists also while it has no leader. Takes a connection of its own for the moment and at most a few
/// seconds per host; cancellation does not shorten that. Throws `RabbitError` when the broker cannot be asked.
package func queueStates(_ names: [String], configuration: RabbitConfiguration, logger: Logger) async throws -> [QueueState] {
    guard !names.isEmpty else { return [] }
    let states = try await onOwnThread(named: "rabbit-queues") { () throws(RabbitError) in
        try look(at: names, configuration)
    }
    logger.debug("looked for queues", metadata: ["missing": "\(states.filter { !$0.exists }.map(\.name))"])
    return states
}

private func look(at names: [String], _ configuration: RabbitConfiguration) throws(RabbitError) -> [QueueState] {
    let connection = try BrokerConnection.open(anyOf: configuration)
    var states: [QueueState] = []
    for name in names {
        let state = try connection.bounded { () throws(RabbitError) in
            let state = try connection.queueState(name)
            if !state.exists { try connection.openChannel() }
            return state
        }
        states.append(state)
    }
    connection.close()
    return states
}

/// Whether a message with this id lies in `queue`, where it is left; others that lie before it are removed.
///
/// Takes a connection of its own for the moment and at most a few seconds per host. Throws `RabbitError`: `notFound` where there is no such queue,
/// and whatever else keeps the broker from being asked.
package func queueHolds(_ messageID: String, in queue: String, configuration: RabbitConfiguration) async throws -> Bool {
    try await onOwnThread(named: "rabbit-queues") { () throws(RabbitError) in
        let connection = try BrokerConnection.open(anyOf: configuration)
        let isThere = try connection.bounded { () throws(RabbitError) in try connection.holds(messageID, in: queue) }
        connection.close()
        return isThere
    }
}
