package import Logging

/// Which of `names` do not exist at the broker, in the order given; empty when all are there.
///
/// Nothing is created. A queue exists also while it has no leader. Takes a connection of its own for the moment and at most a few
/// seconds per host; cancellation does not shorten that. Throws `RabbitError` when the broker cannot be asked.
package func missingQueues(_ names: [String], configuration: RabbitConfiguration, logger: Logger) async throws -> [String] {
    guard !names.isEmpty else { return [] }
    let missing = try await onOwnThread(named: "rabbit-queues") { () throws(RabbitError) in
        try findMissing(names, configuration)
    }
    logger.debug("looked for queues", metadata: ["missing": "\(missing)"])
    return missing
}

private func findMissing(_ names: [String], _ configuration: RabbitConfiguration) throws(RabbitError) -> [String] {
    let connection = try BrokerConnection.open(anyOf: configuration)
    var missing: [String] = []
    for name in names {
        let exists = try connection.bounded { () throws(RabbitError) in
            let exists = try connection.queueExists(name)
            if !exists { try connection.openChannel() }
            return exists
        }
        if !exists { missing.append(name) }
    }
    connection.close()
    return missing
}
