import Foundation
import Models
import Testing

@testable import Stripe

@Suite("What is read of an event before it is answered")
struct StripeEventHeadTests {
    private static func event(_ change: (inout [String: String]) -> Void = { _ in }) -> String {
        var members = [
            "id": #""evt_1""#, "object": #""event""#, "type": #""invoice.paid""#, "created": "1767261600", "livemode": "false",
            "api_version": #""2026-05-27.dahlia""#, "data": #"{"object":{"id":"in_1","object":"invoice"}}"#,
        ]
        change(&members)
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private static func head(_ json: String) throws -> StripeEventHead { try StripeEventHead(json: Array(json.utf8)) }

    @Test("is what the whole event says", arguments: ["", " ", "\n  "])
    func agrees(space: String) throws {
        let json = Self.event { $0["account"] = #""acct_1""# }.replacing(",", with: ",\(space)").replacing(":", with: "\(space):\(space)")
        let head = try Self.head(space + json + space)
        let whole = try StripeEventEnvelope(json: Array(json.utf8))
        #expect(head.id == whole.id && head.type == whole.type && head.created == whole.created && head.livemode == whole.livemode)
        #expect(head.apiVersion == whole.apiVersion && head.account == whole.account && head.objectID == whole.objectID)
        #expect(head.account == "acct_1" && head.objectID == "in_1")
    }

    @Test("is not taken from a member of the same name elsewhere")
    func places() throws {
        let head = try Self.head(
            Self.event {
                $0["a"] = #"{"id":"x","type":"y","data":{"object":{"id":"z"}}}"#
                $0["data"] =
                    #"{"previous_attributes":{"id":"old","object":"o"},"object":{"lines":{"id":"li_1","data":[{"id":"l"}]},"id":"in_1"}}"#
            })
        #expect(head.id == "evt_1" && head.type == "invoice.paid" && head.objectID == "in_1")
    }

    @Test("has no account, version or object id where there is none", arguments: ["null", #""""#])
    func empty(value: String) throws {
        let head = try Self.head(
            Self.event {
                $0["account"] = value
                $0["api_version"] = value
                $0["data"] = #"{"object":{"object":"invoice","id":\#(value)}}"#
            })
        #expect(head.account == nil && head.apiVersion == nil && head.objectID == nil)
    }

    @Test(
        "bears every text that JSON can hold",
        arguments: [#""é😀""#, #""\u0000 \ud800 \"\\\/\b\f\n\r\t""#, "[[[]],{}]", "-0.5e+10", "[1,{\"id\":2}]"])
    func anyText(value: String) throws {
        #expect(try Self.head(Self.event { $0["x"] = value }).id == "evt_1")
    }

    @Test(
        "is refused for anything but one well-formed document",
        arguments: [
            "", " ", "null", "[]", "1", #""event""#, "{", "{}", "{,}", event() + "x", event() + event(), "\u{FEFF}" + event(),
            event().replacing(":", with: "="), event().replacing("\"", with: "'"), String(event().dropLast()),
            event { $0["x"] = "01" }, event { $0["x"] = "1." }, event { $0["x"] = ".5" }, event { $0["x"] = "+1" },
            event { $0["x"] = "1e" },
            event { $0["x"] = "NaN" }, event { $0["x"] = "tru" }, event { $0["x"] = "nul" }, event { $0["x"] = "[1,]" },
            event { $0["x"] = "[,1]" }, event { $0["x"] = "{\"a\":1,}" }, event { $0["x"] = "{\"a\"}" }, event { $0["x"] = "{1:2}" },
            event { $0["x"] = "[1}" }, event { $0["x"] = "\"\n\"" }, event { $0["x"] = #""\x""# }, event { $0["x"] = #""\u12g4""# },
            event { $0["x"] = #""\u12"# }, event { $0["x"] = #""open"# }, event { $0["x"] = "1 2" }, event { $0["x"] = "-" },
        ])
    func malformed(json: String) {
        #expect(throws: StripeError.self) { try Self.head(json) }
    }

    @Test(
        "is refused when it lacks what every event has, or has it twice or as something else",
        arguments: ["id", "object", "type", "created", "livemode", "data"])
    func members(name: String) throws {
        for value in [nil, "null", "[]", "{}", #""""#, #""\u0061""#] as [String?] where !(name == "data" && value == #""\u0061""#) {
            #expect(throws: StripeError.self, "\(name): \(value ?? "missing")") { try Self.head(Self.event { $0[name] = value }) }
        }
        let twice = Self.event().dropLast() + #","\#(name)":\#(name == "created" ? "1" : #""x""#)}"#
        #expect(throws: StripeError.self) { try Self.head(String(twice)) }
    }

    @Test("is refused for times that are none", arguments: ["-1", "1.5", "1e9", "253402300800", "99999999999999999999", #""1767261600""#])
    func created(value: String) {
        #expect(throws: StripeError.self) { try Self.head(Self.event { $0["created"] = value }) }
    }

    @Test("bears 64 levels and no more")
    func depth() throws {
        func nested(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        #expect(try Self.head(Self.event { $0["x"] = nested(63) }).id == "evt_1")
        #expect(throws: StripeError.self) { try Self.head(Self.event { $0["x"] = nested(64) }) }
        #expect(throws: StripeError.self) { try Self.head(Self.event { $0["x"] = String(repeating: "[", count: 100_000) }) }
    }

    @Test("is refused for bytes that are not UTF-8")
    func encoding() {
        for bytes in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]] {
            let json = Array(Self.event { $0["x"] = "\"~\"" }.utf8)
            guard let place = json.firstIndex(of: UInt8(ascii: "~")) else { return }
            #expect(throws: StripeError.self) { try StripeEventHead(json: json[..<place] + bytes + json[(place + 1)...]) }
        }
    }

    @Test("a changed byte makes it unreadable for both readers, or changes what both read")
    func agreesOnDamage() throws {
        let json = Array(Self.event().utf8)
        for place in json.indices {
            for byte in [0x20, 0x22, 0x2C, 0x5C, 0x7B, 0x7D, 0x30, 0x00] as [UInt8] {
                var damaged = json
                damaged[place] = byte
                guard let head = try? StripeEventHead(json: damaged) else { continue }
                let whole = try StripeEventEnvelope(json: damaged)
                #expect(head.id == whole.id && head.type == whole.type && head.livemode == whole.livemode && head.created == whole.created)
            }
        }
    }
}
