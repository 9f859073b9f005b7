import Foundation
import Messages
import Testing

@Suite("The README's table of messages")
struct TopologyTableTests {
    @Test("names every message, its exchange, its publishers and its consumers")
    func table() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
        for flow in Topology.flows {
            let name = flow.exchange == .stripeEvents ? "stripe.<type>" : flow.key
            let row = try #require(rows.first { $0.contains("`\(name)`") }, "\(name) is missing")
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(cells[1] == "`\(flow.exchange.rawValue)`", "\(name)")
            for publisher in flow.publishers { #expect(cells[2].contains(Self.shown(publisher)), "\(name) from \(publisher)") }
            for queue in flow.queues { #expect(cells[3].contains(Self.shown(queue.service)), "\(name) to \(queue.service)") }
        }
    }

    @Test("names no message that there is not")
    func nothingElse() throws {
        let known = Set(Topology.flows.map { $0.exchange == .stripeEvents ? "stripe.<type>" : $0.key })
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
        let table = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").drop { !$0.hasPrefix("| message |") }
        let rows = table.dropFirst(2).prefix { $0.hasPrefix("|") }
        #expect(!rows.isEmpty)
        for row in rows {
            let names = row.split(separator: "|")[0].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces.union(["`"])) }
            for name in names { #expect(known.contains(name), "\(name)") }
        }
    }

    private static func shown(_ service: ServiceName) -> String { service == .vmController ? "VM controller" : service.rawValue }
}
