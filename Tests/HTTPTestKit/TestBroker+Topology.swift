import Messages
package import TestKit

extension TestBroker {
    /// Declares everything that services expect of a broker.
    package func importTopology() async throws {
        try await importDefinitions(String(decoding: try BrokerDefinitions().json(), as: UTF8.self))
    }
}
