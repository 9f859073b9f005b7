import Foundation
import Messages
import Testing

/// The gateway's template, read as nginx reads it: an exact address first, then the patterns in their order.
@Suite("The gateway")
struct GatewayRouteTests {
    private struct Location {
        let isExact: Bool
        let address: String
        let upstream: String

        func fits(_ path: String) throws -> Bool { try isExact ? path == address : path.firstMatch(of: Regex(address)) != nil }
    }

    private static func locations() throws -> [Location] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/gateway/nginx.conf.template")
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.matches(of: /location (=|~) (\S+) \{\n(?:(?!\n        \}).|\n)*?proxy_pass http:\/\/(\w+);/).map {
            Location(isExact: $0.output.1 == "=", address: String($0.output.2), upstream: String($0.output.3))
        }
    }

    @Test("leads every route of every service to that service, and hides the parts that services ask each other for")
    func routes() throws {
        let locations = try Self.locations()
        #expect(locations.count >= 10)
        var seen = 0
        for composition in try Composition.all() {
            for route in composition.routes {
                let path = route.split(separator: " ")[1].replacing(/\{\w+\}|:\w+/, with: "some-id_1")
                let found = try locations.first { try $0.isExact && $0.fits(String(path)) } ?? locations.first { try $0.fits(String(path)) }
                if path.hasPrefix("/api/payment/parts/") {
                    #expect(found == nil, "\(route)")
                } else {
                    #expect(found?.upstream == composition.service.rawValue, "\(route)")
                }
                seen += 1
            }
        }
        #expect(seen >= 25, "every service has routes")
    }
}
