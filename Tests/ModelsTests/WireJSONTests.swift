import Foundation
import Models
import Testing

@Suite("JSON on the wire")
struct WireJSONTests {
    private struct Sample: Codable, Equatable {
        var customerID: CustomerID
        var successURL: String
        var at: Date
        var currentPeriodEnd: Date?
    }

    private static let sample = Sample(
        customerID: "cus_1", successURL: "https://shop.example/a", at: Date(timeIntervalSince1970: 1_700_000_000.25), currentPeriodEnd: nil)

    @Test("has snake_case keys in order and times in RFC 3339")
    func encoded() throws {
        let json = String(decoding: try WireJSON.encode(Self.sample), as: UTF8.self)
        #expect(json == #"{"at":"2023-11-14T22:13:20.250Z","customer_id":"cus_1","success_url":"https://shop.example/a"}"#)
    }

    @Test("is read back as it was written")
    func roundTrip() throws {
        #expect(try WireJSON.decode(Sample.self, from: WireJSON.encode(Self.sample)) == Self.sample)
    }

    @Test("accepts whole seconds and fractions", arguments: ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000Z"])
    func times(text: String) throws {
        #expect(WireJSON.date(text) == Date(timeIntervalSince1970: 1_700_000_000))
    }

    @Test("refuses what is no time", arguments: ["", "yesterday", "2023-11-14", "1700000000", "2023-13-14T22:13:20Z"])
    func badTimes(text: String) {
        #expect(WireJSON.date(text) == nil)
    }

    @Test("nests at most 64 deep", arguments: [(64, true), (65, false), (100_000, false)])
    func depth(levels: Int, isAllowed: Bool) {
        let json = Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        #expect((try? JSONDepth.check(json)) != nil || !isAllowed)
        if !isAllowed { #expect(throws: JSONDepth.TooDeep.self) { try JSONDepth.check(json) } }
    }

    @Test("brackets in strings do not count")
    func bracketsInStrings() throws {
        try JSONDepth.check(Array((#"{"a\"[":""# + String(repeating: "[", count: 200) + #""}"#).utf8))
    }
}
