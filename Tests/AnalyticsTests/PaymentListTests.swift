import Foundation
import HTTPTestKit
import Messages
import Messaging
import Models
import Postgres
import TestKit
import Testing

@testable import Analytics

@Suite("GET /admin/payments")
struct PaymentListTests {
    private static let payments: [Fact] = [
        .payment("a", 1, .succeeded, 1900, at: "2026-01-01"),
        .payment("b", 1, .failed, 4900, at: "2026-01-02", plan: "premium", user: "user_2"),
        .payment("c", 1, .refunded, 1900, at: "2026-01-03", user: "user_2"), .payment("d", 1, .pending, 100, at: "2026-01-04", plan: nil),
        .payment("e", 1, .succeeded, 5000, at: "2026-01-05", "jpy", user: nil), .payment("gone", 1, at: "2026-01-03", mergedInto: "c"),
    ]

    private func ids(_ analytics: RunningAnalytics, _ query: String) async throws -> String {
        let list = try await analytics.json("payments?\(query)")
        return try #require(list["data"] as? [[String: Any]]).compactMap { $0["id"] as? String }.joined()
    }

    @Test("has those for which every filter holds, in any order that is asked for", .database, .broker)
    func filters() async throws {
        try await RunningAnalytics.run { analytics in
            try await analytics.bench.hear(Self.payments)
            let expected = [
                "": "edcba", "sort=paid_at": "abcde", "sort=-amount": "ebcad", "sort=amount": "dacbe", "status=succeeded": "ea",
                "status=succeeded,refunded": "eca", "status=canceled": "", "plan_id=premium": "b", "plan_id=none": "d", "plan_id=x": "",
                "user_id=user_2": "cb", "currency=jpy": "e", "currency=usd&sort=paid_at": "abcd", "min_amount=1900": "ecba",
                "max_amount=1900": "dca",
                "min_amount=101&max_amount=4900": "cba", "from=2026-01-03": "edc", "to=2026-01-03": "ba",
                "from=2026-01-02&to=2026-01-04": "cb",
                "from=2026-01-02T12:00:00Z&to=2026-01-02T12:00:01Z": "b", "q=pi_b": "b", "q=in_c": "c", "q=user_2": "cb", "q=d": "d",
                "q=nothing": "", "user_id=user_2&status=failed&currency=usd": "b", "limit=2": "ed", "q=%25": "",
                "user_id=%27%20OR%201=1--": "",
            ]
            for (query, payments) in expected { try await #expect(ids(analytics, query) == payments, "\(query)") }
            let list = try await analytics.json("payments?q=b")
            #expect(value(list, "data.0.user_id") == "user_2" && value(list, "data.0.plan_name") == "Premium")
            #expect(value(list, "data.0.paid_at") == "null" && value(list, "data.0.stripe_invoice_id") == "in_b")
            try #expect(#require(found(list, "data.0") as? [String: Any]).keys.count == 15, "P and user_id, nulls too")
        }
    }

    @Test(
        "goes page by page through all of them once, while others are added", .database, .broker,
        arguments: ["-paid_at", "paid_at", "-amount", "amount"])
    func pages(sort: String) async throws {
        try await RunningAnalytics.run { analytics in
            // Several of each second and amount, so that places differ by the id alone.
            let all = (0..<60).map { Fact.payment("p\($0)", 1, .succeeded, Int64($0 % 4) * 100, at: "2026-01-01T00:00:0\($0 % 3)Z") }
            try await analytics.bench.hear(all)
            var (seen, cursor, number): ([String], String?, Int) = ([], nil, 0)
            repeat {
                let list = try await analytics.json("payments?sort=\(sort)&limit=7" + (cursor.map { "&cursor=\($0)" } ?? ""))
                seen += try #require(list["data"] as? [[String: Any]]).compactMap { $0["id"] as? String }.filter { $0.hasPrefix("p") }
                cursor = list["next_cursor"] as? String
                number += 1
                try await analytics.bench.hear([.payment("x\(number)", at: "2026-01-01T00:00:0\(number % 3)Z")])
            } while cursor != nil && number < 100
            #expect(seen.count == 60 && Set(seen).count == 60, "\(sort)")
        }
    }

    @Test("is a file of the whole selection for those who accept one, in which nothing is run", .database, .broker)
    func file() async throws {
        try await RunningAnalytics.run { analytics in
            try await analytics.bench.hear(
                (0..<2500).map { .payment("p\($0)", at: "2026-01-01") } + [
                    .payment("=cmd|'/c calc'!A1", 1, .succeeded, 1234, at: "2026-02-01T10:00:00.500Z", "kwd", user: "@a, \"b\"\r\nc"),
                    .payment("-1+1", 1, .failed, 500, at: "2026-02-02", "jpy", plan: nil, user: "+x"),
                ])
            let answer = try await analytics.call("GET", "payments?status=succeeded,failed&limit=3", accept: "text/csv")
            #expect(answer.status == 200 && answer.type == "text/csv; charset=utf-8; header=present")
            let text = String(decoding: answer.body, as: UTF8.self)
            let lines = text.split(separator: "\r\n")
            #expect(lines.count == 1 + 2502 + 1, "one cell has a line end")
            #expect(lines[0] == Substring(PaymentRecord.columns.joined(separator: ",")))
            #expect(lines[1].hasPrefix("\"'-1+1\",\"'+x\",500,0,jpy,500,0,failed,card,,,"))
            #expect(lines[2] == "\"'=cmd|'/c calc'!A1\",\"'@a, \"\"b\"\"")
            #expect(lines[3].hasPrefix("c\",1234,0,kwd,1.234,0.000,succeeded,card,basic,Basic,"))
            #expect(lines[3].contains(",2026-02-01T10:00:00.500Z,"))
            #expect(text.hasSuffix("\r\n"))
            let entries = try await analytics.bench.outbox.pool.query(
                "SELECT * FROM audit_page(NULL, NULL, 'payments.exported', NULL, NULL, NULL, NULL, 9)")
            try #expect(entries.map { try $0.get("object_id", as: String.self) } == ["status=succeeded,failed&limit=3"])
        }
    }

    @Test("writes no more files at once than it has connections for, and the next when one is done", .database, .broker)
    func files() async throws {
        try await RunningAnalytics.run { analytics in
            try await analytics.bench.hear((0..<3000).map { .payment("p\($0)", at: "2026-01-01") })
            let statuses = try await withThrowingTaskGroup(of: UInt.self) { group in
                for _ in 0..<12 { group.addTask { try await analytics.call("GET", "payments", accept: "text/csv").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(statuses).isSubset(of: [200, 429]) && statuses.contains(200), "\(statuses)")
            for _ in 0..<3 { try await #expect(analytics.call("GET", "payments", accept: "text/csv").status == 200) }
        }
    }

    @Test("refuses hostile filters, naming the field", .database, .broker)
    func refusals() async throws {
        try await RunningAnalytics.run { analytics in
            let long = String(repeating: "x", count: 256)
            for (query, field) in [
                ("status=paid", "status"), ("status=succeeded,", "status"), ("status=%27;DROP TABLE payments--", "status"),
                ("currency=usdx", "currency"), ("from=now()", "from"), ("from=2026-02-30", "from"), ("to=1", "to"),
                ("from=2026-01-02&to=2026-01-01", "to"), ("min_amount=-1", "min_amount"), ("min_amount=1e3", "min_amount"),
                ("max_amount=99999999999999999999", "max_amount"), ("min_amount=2&max_amount=1", "max_amount"), ("sort=random()", "sort"),
                ("limit=0", "limit"), ("limit=201", "limit"), ("limit=abc", "limit"), ("cursor=x", "cursor"), ("cursor=MR9h", "cursor"),
                ("q=\(long)", "q"), ("user_id=\(long)", "user_id"), ("figure=everything", "figure"), ("figure=collected", "figure"),
                ("part=1", "part"), ("user_id=a&user_id=b", "user_id"), ("q=%00", "null"), ("q=%FF", "null"),
            ] {
                let address = query.replacing(" ", with: "%20")
                let answer = try await analytics.call("GET", "payments?\(address)")
                #expect(answer.status == 400, "\(query.prefix(40))")
                let body = try JSONSerialization.jsonObject(with: Data(answer.body))
                #expect(value(body, "error.field") == field, "\(query.prefix(40))")
            }
        }
    }

    @Test("and every other path of admins is closed to customers and to nobody", .database, .broker)
    func closed() async throws {
        let routes = [
            ("GET", "analytics"), ("GET", "payments"), ("POST", "analytics/rebuild"), ("GET", "audit"), ("GET", "audit/verify"),
            ("GET", "reconciliation"), ("GET", "system"),
        ]
        try await RunningAnalytics.run { analytics in
            for (method, path) in routes {
                try await #expect(analytics.call(method, path, as: .customer).status == 403, "\(path)")
                try await #expect(analytics.call(method, path, as: .nobody).status == 401, "\(path)")
            }
        }
    }
}
