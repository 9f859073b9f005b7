import Foundation
import HTTPTestKit
import Models
import Stripe
import TestKit
import Testing

@Suite("A list at Stripe", .timeLimit(.minutes(1)))
struct StripeClientListTests {
    private func page(_ ids: [String], hasMore: Bool = false) -> StripeStubAnswer {
        .json(Sample.list(ids.map { Sample.subscription($0) }, hasMore: hasMore))
    }

    @Test("is read over all its pages, in order, and dated by the first")
    func pages() async throws {
        let first = StripeStubAnswer.json(
            Sample.list(["a", "b"].map { Sample.subscription($0) }, hasMore: true), date: "Mon, 23 Nov 2026 03:59:58 GMT")
        try await withStripe([first, page(["c"], hasMore: true), page(["d", "e"])]) { stripe, stub, _ in
            let read = try await stripe.subscriptions(of: "cus_1")
            #expect(read.value.map(\.id) == ["a", "b", "c", "d", "e"])
            #expect(read.readAt == Date(timeIntervalSince1970: 1_795_406_398))
            let query = "/v1/subscriptions?customer=cus_1&status=all&limit=100"
            #expect(stub.received.map(\.target) == [query, query + "&starting_after=b", query + "&starting_after=c"])
        }
    }

    @Test("may be empty")
    func empty() async throws {
        try await withStripe([page([])]) { stripe, _, _ in
            let subscriptions = try await stripe.subscriptions(of: "cus_1").value
            #expect(subscriptions.isEmpty)
        }
    }

    @Test("is nothing when one of its pages fails")
    func failingPage() async throws {
        try await withStripe([page(["a"], hasMore: true), .error(401)]) { stripe, _, _ in
            #expect(await stripeError { try await stripe.subscriptions(of: "cus_1") }?.kind == .authentication)
        }
    }

    @Test("ends even at a server that always has more")
    func endless() async throws {
        try await withStripe([page(["a"], hasMore: true), page(["a"], hasMore: true)]) { stripe, stub, _ in
            #expect(await stripeError { try await stripe.subscriptions(of: "cus_1") }?.kind == .badResponse)
            #expect(stub.received.count == 2)
        }
        try await withStripe([page([], hasMore: true)]) { stripe, _, _ in
            #expect(await stripeError { try await stripe.subscriptions(of: "cus_1") }?.kind == .badResponse)
        }
        let answers = (0..<101).map { page(["sub_\($0)"], hasMore: true) }
        try await withStripe(answers) { stripe, stub, _ in
            #expect(await stripeError { try await stripe.subscriptions(of: "cus_1") }?.kind == .badResponse)
            #expect(stub.received.count == 100)
        }
    }

    @Test(
        "is not believed when it is no list, or a row is somebody else's or of the other mode",
        arguments: [
            Sample.list([Sample.subscription("a"), Sample.subscription("b", customer: "cus_2")]), Sample.list([Sample.customer]),
            Sample.list([Sample.subscription("a").replacing("false", with: "true")]), #"{"object": "list", "data": []}"#,
            #"{"object": "list", "has_more": false}"#, #"{"object": "list", "data": {}, "has_more": false}"#, "[]", "<html>",
        ])
    func notBelieved(body: String) async throws {
        try await withStripe([.json(body)]) { stripe, _, _ in
            let error = await stripeError { try await stripe.subscriptions(of: "cus_1") }
            #expect(error?.kind == .badResponse && error?.requestID == "req_stub")
        }
    }

    @Test("of payments is not believed when a row names another intent or invoice")
    func otherPayments() async throws {
        let row = """
            {"id": "inpay_1", "object": "invoice_payment", "livemode": false, "invoice": "in_1", "status": "paid", "currency": "usd",
             "payment": {"type": "payment_intent", "payment_intent": "pi_1"}}
            """
        let list = StripeStubAnswer.json(Sample.list([row]))
        try await withStripe([list, list, list, list]) { stripe, _, _ in
            let invoices = try await stripe.invoicePayments(paymentIntent: "pi_1").value.map(\.invoiceID)
            let intents = try await stripe.invoicePayments(invoice: "in_1").value.map(\.paymentIntentID)
            #expect(invoices == ["in_1"] && intents == ["pi_1"])
            #expect(await stripeError { try await stripe.invoicePayments(paymentIntent: "pi_2") }?.kind == .badResponse)
            #expect(await stripeError { try await stripe.invoicePayments(invoice: "in_2") }?.kind == .badResponse)
        }
    }

    @Test("of events is asked for by type, time and place")
    func eventsRequest() async throws {
        try await withStripe([.json(Sample.list([]))]) { stripe, stub, _ in
            _ = try await stripe.events(
                types: ["invoice.paid", "invoice.voided"], from: Date(timeIntervalSince1970: 1000.9),
                through: Date(timeIntervalSince1970: 2000), startingAfter: "evt_9", limit: 7)
            #expect(
                stub.received[0].target == "/v1/events?types%5B%5D=invoice.paid&types%5B%5D=invoice.voided&created%5Bgte%5D=1000"
                    + "&created%5Blte%5D=2000&starting_after=evt_9&limit=7")
        }
    }

    @Test("of events keeps every event as it was written")
    func eventsBytes() async throws {
        let event =
            #"{"id":"evt_1", "object" : "event","created":1,"livemode":false,"type":"a.b","data":{"object":{"z":1.50,"a":"\u00eb]"}}}"#
        try await withStripe([.json(Sample.list([event, event], hasMore: true))]) { stripe, _, _ in
            let page = try await stripe.events().value
            #expect(page.hasMore && page.events.count == 2)
            #expect(page.events.allSatisfy { $0.json == Array(event.utf8) && $0.head.id == "evt_1" })
            #expect(page.lastID == "evt_1" && page.oddRows.isEmpty)
        }
    }

    @Test(
        "of events tells of a row that is none, or of the other mode, beside the others",
        arguments: [
            (#"{"id":"evt_1","object":"event","created":1,"livemode":true,"type":"a.b","data":{"object":{}}}"#, "evt_1"), ("{}", nil),
            ("7", nil), (#"{"id":"cus_1","object":"customer"}"#, "cus_1"),
            (#"{"id":"evt_1","object":"event","created":1,"livemode":false,"type":"a.b","data":{"object":null}}"#, "evt_1"),
            (#"{"id":"evt_1","object":"v2.core.event","created":"2026-11-20T10:00:00Z","type":"v1.a.b"}"#, "evt_1"),
        ] as [(String, String?)])
    func oddEvents(row: String, id: String?) async throws {
        let good = #"{"id":"evt_2","object":"event","created":1,"livemode":false,"type":"a.b","data":{"object":{}}}"#
        for rows in [[row, good], [good, row]] {
            try await withStripe([.json(Sample.list(rows))]) { stripe, _, _ in
                let page = try await stripe.events().value
                #expect(page.events.map(\.head.id) == ["evt_2"])
                #expect(page.oddRows.map(\.id) == [id])
                #expect(page.lastID == (rows[0] == row ? "evt_2" : id ?? "evt_2"))
            }
        }
    }

    @Test("of events that promises more and names nobody to go on after is not believed")
    func noCursor() async throws {
        try await withStripe([.json(Sample.list(["{}"], hasMore: true))]) { stripe, _, _ in
            #expect(await stripeError { try await stripe.events() }?.kind == .badResponse)
        }
    }
}
