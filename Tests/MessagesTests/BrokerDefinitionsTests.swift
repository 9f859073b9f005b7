import Foundation
import Messages
import Testing

@Suite("The broker's definitions")
struct BrokerDefinitionsTests {
    /// The committed file; found from this source file, so that the tests run from any folder.
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/rabbitmq/definitions.json")

    @Test("the committed file is what the topology says; WRITE_DEFINITIONS=1 writes it anew")
    func committedFileIsCurrent() throws {
        let current = try BrokerDefinitions().json()
        if ProcessInfo.processInfo.environment["WRITE_DEFINITIONS"] == "1" { try current.write(to: Self.file) }
        let committed = try Data(contentsOf: Self.file)
        #expect(String(decoding: committed, as: UTF8.self) == String(decoding: current, as: UTF8.self))
    }

    @Test("every message reaches at least one queue, and every queue at least one message")
    func nothingIsUnconnected() {
        for flow in Topology.flows { #expect(!flow.queues.isEmpty, "\(flow.key) goes nowhere") }
        #expect(Set(Topology.flows.flatMap(\.queues)) == Set(Topology.queues))
    }

    @Test("no two flows have the same key at one exchange")
    func keysAreUnique() {
        let keys = Topology.flows.map { "\($0.exchange) \($0.key)" }
        #expect(Set(keys).count == keys.count)
    }
}
