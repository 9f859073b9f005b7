import Foundation

/// Where the broker for tests is, by `TEST_AMQP_URL` and `TEST_AMQP_MANAGEMENT_URL`.
package struct BrokerEnvironment: Sendable {
    /// The broker itself, user and password included.
    package var url: String
    /// The management API of the same broker.
    package var management: BrokerManagement

    /// Reads the environment. Throws an error that says what to run when a variable is missing.
    package static func current() throws -> BrokerEnvironment {
        let url = try variable("TEST_AMQP_URL")
        let management = try variable("TEST_AMQP_MANAGEMENT_URL")
        let userInfo = URLComponents(string: url)
        return BrokerEnvironment(
            url: url,
            management: BrokerManagement(url: management, user: userInfo?.user ?? "guest", password: userInfo?.password ?? "guest"))
    }

    private static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw BrokerTestError("\(name) is not set: run deploy/local test")
        }
        return value
    }
}

/// Why a broker for tests is not as a test needs it.
package struct BrokerTestError: Error, CustomStringConvertible {
    /// The reason in words.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Waits until `condition` holds; throws what was waited for when it does not within `limit`.
func waitForBroker(_ what: String, within limit: Duration, until condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw BrokerTestError("not within \(limit): \(what)") }
        // lint:allow sleep because the condition is looked at again, until its deadline
        try await Task.sleep(for: .milliseconds(50))
    }
}
