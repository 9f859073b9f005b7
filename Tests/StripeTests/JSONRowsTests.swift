import Testing

@testable import Stripe

@Suite("The rows of a list, byte for byte")
struct JSONRowsTests {
    static let cases: [(json: String, rows: [String]?)] = [
        (#"{"data": []}"#, []),
        (#"{"data":[ ]}"#, []),
        (#"{"data": [1]}"#, ["1"]),
        (
            "{ \"object\":\"list\",\n \"data\" :\t[ {\"b\" : 1.50,\"a\":\"\\u00e9\"} ,\n[2, 3] , null ] , \"has_more\":false}",
            [#"{"b" : 1.50,"a":"\u00e9"}"#, "[2, 3]", "null"]
        ),
        (#"{"data": [{"a": "],{\"\\"}, {"b": [{"c": []}]}]}"#, [#"{"a": "],{\"\\"}"#, #"{"b": [{"c": []}]}"#]),
        (#"{"x": {"data": [1]}, "data": [2]}"#, ["2"]),
        (#"{"x": "data", "y": ["data"], "data": [2]}"#, ["2"]),
        (#"{"x": "\"data\": [1]", "data": [2]}"#, ["2"]),
        (#"{"data": {"a": 1}}"#, nil),
        (#"{"data": null}"#, nil),
        (#"{"x": {"data": [1]}}"#, nil),
        (#"{}"#, nil),
        ("", nil),
        (#"{"data": [1, "#, nil),
        (#"{"data": ["a"#, nil),
        (#"{"data": ["a\"#, nil),
        (#"{"data"#, nil),
        (#"{"data""#, nil),
        (#"{"data":"#, nil),
    ]

    @Test("are cut out unchanged, and only from the member itself", arguments: cases)
    func rows(json: String, rows: [String]?) {
        let found = JSONRows.rows(of: "data", in: Array(json.utf8))
        #expect(found?.map { String(decoding: $0, as: UTF8.self) } == rows)
    }
}
