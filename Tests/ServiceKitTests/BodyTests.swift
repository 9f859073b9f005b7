import Foundation
import Hummingbird
import Testing

@testable import ServiceKit

@Suite("Bodies, queries and pages")
struct BodyTests {
    private struct Order: Codable, ResponseEncodable {
        struct Item: Codable { let planID: String }

        let planID: String
        let amount: Int
        let successURL: String?
        let startsAt: Date?
        let items: [Item]?
    }

    private struct Shown: Encodable { let id: Int }

    private func service(_ body: (RunningService) async throws -> Void) async throws {
        try await RunningService.run(
            parts: { _ in
                ServiceParts { router in
                    router.post("/orders") { request, context in try await request.decode(as: Order.self, context: context) }
                    router.post("/raw") { request, _ in "\(try await request.rawBody(limit: 100_000).count)" }
                    router.get("/pages") { request, _ in
                        let page = try PageRequest(request)
                        let first = Int(page.cursor?.parts.first ?? "0") ?? 0
                        let rows = Array(first..<first + page.limit + 1)
                        return Page(rows, limit: page.limit, cursor: { PageCursor("\($0 + 1)", "x") }, item: { Shown(id: $0) })
                    }
                }
            }, body)
    }

    @Test("a body is read and an answer written in snake_case, with times in UTC")
    func roundTrip() async throws {
        try await service { (service) async throws in
            let sent =
                #"{"plan_id":"basic","amount":5,"success_url":"https://a/b","starts_at":"2026-11-23T03:11:06+01:00","items":[{"plan_id":"x"}],"more":{"a":[1.5]}}"#
            let answer = try await service.post("/orders", sent)
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"plan_id":"basic","amount":5,"success_url":"https://a/b","starts_at":"2026-11-23T02:11:06Z","items":[{"plan_id":"x"}]}"#
            )
            #expect(answer[header: "content-type"] == "application/json; charset=utf-8")
        }
    }

    @Test(
        "a field that does not fit is named as the request names it",
        arguments: [
            (#"{"amount":5}"#, "plan_id"), (#"{"plan_id":null,"amount":5}"#, "plan_id"), (#"{"plan_id":7,"amount":5}"#, "plan_id"),
            (#"{"plan_id":"a","amount":"5"}"#, "amount"), (#"{"plan_id":"a","amount":1.5}"#, "amount"),
            (#"{"plan_id":"a","amount":true}"#, "amount"),
            (#"{"plan_id":"a","amount":9223372036854775808}"#, "amount"), (#"{"plan_id":"a","amount":1e400}"#, "amount"),
            (#"{"plan_id":"a","amount":5,"success_url":[]}"#, "success_url"),
            (#"{"plan_id":"a","amount":5,"starts_at":"soon"}"#, "starts_at"),
            (#"{"plan_id":"a","amount":5,"items":{}}"#, "items"),
            (#"{"plan_id":"a","amount":5,"items":[{"plan_id":"x"},{}]}"#, "items[1].plan_id"),
        ])
    func fields(body: String, field: String) async throws {
        try await service { (service) async throws in
            let answer = try await service.post("/orders", body)
            #expect((answer.status, answer.code, answer.field) == (400, "invalid_field", field), "\(answer.body)")
        }
    }

    @Test(
        "what is not one JSON document is 400",
        arguments: [
            "", " ", "{", "[]", "null", "7", "{}{}", "\u{FEFF}{}", #"{"plan_id":"a","plan_id":"b","amount":1}"#,
            #"{"plan_id":"\u0000","amount":1}"#,
            #"{"plan_id":"\ud800","amount":1}"#, #"{"plan_id":"a","amount":NaN}"#, String(repeating: "[", count: 65),
            String(repeating: "{\"a\":", count: 511), String(repeating: "[", count: 60_000),
        ])
    func malformed(body: String) async throws {
        try await service { (service) async throws in
            #expect(try await service.post("/orders", body).status == 400)
            #expect(try await service.post("/orders", #"{"plan_id":"a","amount":1}"#).status == 200)
        }
    }

    @Test("another type of content, or an encoded one, is 415")
    func types() async throws {
        try await service { (service) async throws in
            let body = #"{"plan_id":"a","amount":1}"#
            for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json; charset=latin1", ""] {
                let answer = try await service.call("POST", "/orders", headers: [("Content-Type", type)], body: body)
                #expect((answer.status, answer.code) == (415, "unsupported_media_type"), "\(type)")
            }
            #expect(try await service.call("POST", "/orders", body: body).status == 415)
            for type in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=utf-8"] {
                #expect(try await service.call("POST", "/orders", headers: [("Content-Type", type)], body: body).status == 200, "\(type)")
            }
            #expect(try await service.post("/orders", body, headers: [("Content-Encoding", "gzip")]).status == 415)
        }
    }

    @Test("a body over the limit is 413, with its length given or without")
    func tooLarge() async throws {
        try await service { (service) async throws in
            let body = #"{"plan_id":""# + String(repeating: "x", count: 65_536) + #"","amount":1}"#
            #expect(try await service.post("/orders", body).code == "body_too_large")
            #expect(try await service.call("POST", "/raw", body: String(repeating: "x", count: 100_000)).body == "100000")
            #expect(try await service.call("POST", "/raw", body: String(repeating: "x", count: 100_001)).status == 413)
        }
    }

    @Test("a list is walked page by page")
    func pages() async throws {
        try await service { (service) async throws in
            let first = try await service.call("GET", "/pages?limit=2")
            #expect((first.json["data"] as? [[String: Int]])?.map { $0["id"] } == [0, 1])
            let cursor = try #require(first.json["next_cursor"] as? String)
            let second = try await service.call("GET", "/pages?cursor=\(cursor)&limit=200")
            #expect((second.json["data"] as? [[String: Int]])?.first?["id"] == 2)
            #expect((second.json["data"] as? [Any])?.count == 200)
            let plain = try await service.call("GET", "/pages")
            #expect((plain.json["data"] as? [Any])?.count == 50)
        }
    }

    @Test(
        "parameters that do not fit are named",
        arguments: [
            ("limit=0", "limit"), ("limit=201", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("limit=1.5", "limit"),
            ("limit=1e2", "limit"),
            ("cursor=x", "cursor"), ("cursor=AAAA", "cursor"), ("cursor=" + String(repeating: "A", count: 600), "cursor"),
            ("limit=1&limit=1", "limit"),
            ("limit=1&%6Cimit=2", "limit"), ("a=1&a=2", "a"),
        ])
    func parameters(query: String, field: String) async throws {
        try await service { (service) async throws in
            let answer = try await service.call("GET", "/pages?\(query)")
            #expect((answer.status, answer.field) == (400, field))
        }
    }

    @Test("queries are decoded once, and broken ones refused")
    func queries() throws {
        let query = try QueryParameters("a=1%262&b=x+y&c=&d&from=2026-11-23&e=%E2%82%AC&f=true&&")
        #expect(query.text("a") == "1&2")
        #expect(query.text("b") == "x y")
        #expect(query.text("c") == nil && query.text("d") == nil && query.text("absent") == nil)
        #expect(query.text("e") == "€")
        #expect(try query.flag("f") == true)
        #expect(try query.date("from") == Date(timeIntervalSince1970: 1_795_392_000))
        #expect(throws: APIError.self) { try query.date("a") }
        for broken in ["a=%", "a=%4", "a=%zz", "a=%00", "a=%0a", "a=%ff", "=1", "%00=1"] {
            #expect(throws: APIError.self, "\(broken)") { try QueryParameters(broken) }
        }
    }

    @Test("a cursor is nobody's but ours")
    func cursors() {
        #expect(
            PageCursor(encoded: PageCursor("2026-11-23T00:00:00.123456Z", "p_1").encoded)?.parts == ["2026-11-23T00:00:00.123456Z", "p_1"])
        for text in ["", "AAAA", "é", "MQ", PageCursor("a").encoded + "=", " " + PageCursor("a").encoded] {
            #expect(PageCursor(encoded: text) == nil, "\(text)")
        }
    }
}
