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

    private struct Odd: Encodable {
        enum Kind: String, Encodable { case oneKind }
        struct Empty: Encodable {}

        var text = "a\"b\\c/d\u{8}\t\n\u{c}\r\u{1}\u{7f}é€😀"
        var data = ["userID": "1", "B": "2", "a_b": "3"]
        var none: String?
        var list: [Int?] = [1, nil, -3]
        var nested = [["x": [1.5, 2.0, 1e21]], [:]]
        var kind = Kind.oneKind
        var empty = Empty()
        var emptyList: [Bool] = []
        var flag = true
        var small = UInt8.max
        var large = Int64.min
    }

    @Test("writes every kind of value, sorted or not; keys of dictionaries are data")
    func kinds() throws {
        let sorted = String(decoding: try WireJSON.encode(Odd()), as: UTF8.self)
        #expect(
            sorted == #"{"data":{"B":"2","a_b":"3","userID":"1"},"empty":{},"empty_list":[],"flag":true,"kind":"oneKind","#
                + #""large":-9223372036854775808,"list":[1,null,-3],"nested":[{"x":[1.5,2,1e+21]},{}],"small":255,"#
                + #""text":"a\"b\\c/d\b\t\n\f\r\u0001\u{7f}é€😀"}"#.replacing(#"\u{7f}"#, with: "\u{7f}"))
        let unsorted = try WireJSON.encodeUnsorted(Odd())
        #expect(String(decoding: unsorted, as: UTF8.self).hasPrefix(#"{"text":"#))
        let one = try JSONSerialization.jsonObject(with: Data(unsorted)) as? NSDictionary
        let other = try JSONSerialization.jsonObject(with: Data(sorted.utf8)) as? NSDictionary
        #expect(one == other)
    }

    @Test("refuses a number that JSON has not", arguments: [Double.nan, .infinity, -.infinity])
    func noNumber(number: Double) {
        #expect(throws: EncodingError.self) { try WireJSON.encode([number]) }
    }

    @Test("writes times as the calendar has them, to the millisecond")
    func calendar() {
        // From 1589 on: Foundation has the Julian calendar before the Gregorian.
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let date = Date(timeIntervalSince1970: Double(Int64.random(in: -12_000_000_000...250_000_000_000, using: &numbers)))
            #expect(WireJSON.time(date) == date.formatted(Date.ISO8601FormatStyle()))
        }
        #expect(WireJSON.time(Date(timeIntervalSince1970: 1_700_000_000.0005)) == "2023-11-14T22:13:20.000Z")
        #expect(WireJSON.time(Date(timeIntervalSince1970: -0.25)) == "1969-12-31T23:59:59.750Z")
        #expect(WireJSON.time(Date(timeIntervalSince1970: 951_782_399)) == "2000-02-28T23:59:59Z")
        #expect(WireJSON.time(Date(timeIntervalSince1970: 951_782_400)) == "2000-02-29T00:00:00Z")
    }

    @Test("accepts whole seconds and fractions", arguments: ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000Z"])
    func times(text: String) throws {
        #expect(WireJSON.date(text) == Date(timeIntervalSince1970: 1_700_000_000))
    }

    @Test("refuses what is no time", arguments: ["", "yesterday", "2023-11-14", "1700000000", "2023-13-14T22:13:20Z"])
    func badTimes(text: String) {
        #expect(WireJSON.date(text) == nil)
    }
}
