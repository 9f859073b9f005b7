package import Logging
package import RabbitMQ

extension ReadinessCheck {
    /// The broker has all these queues: a message to a queue that is missing would be lost without a word.
    package static func queues(_ names: [String], at rabbit: RabbitConfiguration, logger: Logger) -> ReadinessCheck {
        ReadinessCheck("queues") {
            let missing = try await missingQueues(names, configuration: rabbit, logger: logger)
            if !missing.isEmpty { throw NotReady("missing: " + missing.joined(separator: ", ")) }
        }
    }
}
