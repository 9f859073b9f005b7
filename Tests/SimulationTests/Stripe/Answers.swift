/// What Stripe answers to one question about a life.
struct Answer: Sendable {
    var status = 200
    var body: String
    /// Whether it is what was answered to the same key before.
    var isReplay = false

    static func list(_ rows: [String], hasMore: Bool = false) -> Answer {
        Answer(body: #"{"object":"list","has_more":\#(hasMore),"url":"/v1/list","data":[\#(rows.joined(separator: ","))]}"#)
    }

    static func missing(_ parameter: String) -> Answer {
        Answer(
            status: 404,
            body:
                #"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"\#(parameter)","message":"No such \#(parameter)"}}"#
        )
    }
}

extension Life {
    /// Answers a read from `books`: `/v1/<list>` with what is asked for, or `/v1/<kind>/<id>`.
    func answer(_ path: [String], _ query: [String: String], from books: Books) -> Answer {
        switch (path.first, path.count > 1 ? path[1] : nil) {
        case ("subscriptions", nil): subscriptions(of: query["customer"] ?? "", in: books)
        case ("subscriptions", let id?): one(id, "id", of: books.subscriptions, \.id) { json(subscription: $0, in: books) }
        case ("customers", let id?): one(id, "id", of: books.customers, \.id) { json(customer: $0, in: books) }
        case ("invoices", nil): invoices(of: query["subscription"] ?? "", in: books)
        case ("invoices", let id?): one(id, "id", of: books.invoices, \.id) { json(invoice: $0, in: books, expanding: true) }
        case ("invoice_payments", nil): payments(query, in: books)
        case ("payment_intents", let id?): one(id, "intent", of: books.intents, \.id) { json(intent: $0, in: books, expanding: true) }
        case ("charges", let id?): one(id, "charge", of: books.charges, \.id) { json(charge: $0, in: books) }
        case ("refunds", nil):
            .list(
                books.refunds.indices.reversed().filter { isAsked(books.refunds[$0].charge, query, in: books) }.map {
                    json(refund: $0, in: books)
                })
        case ("refunds", let id?): one(id, "id", of: books.refunds, \.id) { json(refund: $0, in: books) }
        case ("disputes", nil):
            .list(
                books.disputes.indices.filter { isAsked(books.disputes[$0].charge, query, in: books) }.map { json(dispute: $0, in: books) })
        case ("disputes", let id?): one(id, "id", of: books.disputes, \.id) { json(dispute: $0, in: books) }
        default: .missing("path")
        }
    }

    /// Whether a list that asks for a charge, or for an intent's, has what belongs to this charge.
    private func isAsked(_ charge: Int, _ query: [String: String], in books: Books) -> Bool {
        if let asked = query["charge"] { return books.charges[charge].id == asked }
        return books.intents[books.charges[charge].intent].id == query["payment_intent"]
    }

    private func one<Row>(_ id: String, _ parameter: String, of rows: [Row], _ key: KeyPath<Row, String>, _ json: (Int) -> String) -> Answer
    {
        guard let index = rows.firstIndex(where: { $0[keyPath: key] == id }) else { return .missing(parameter) }
        return Answer(body: json(index))
    }

    /// A deleted customer's are not listed any more; each can still be read.
    private func subscriptions(of customer: String, in books: Books) -> Answer {
        guard let index = books.customers.firstIndex(where: { $0.id == customer }), !books.customers[index].isDeleted else {
            return .missing("customer")
        }
        return .list(
            books.subscriptions.indices.reversed().filter { books.subscriptions[$0].customer == index }.map {
                json(subscription: $0, in: books)
            })
    }

    private func invoices(of subscription: String, in books: Books) -> Answer {
        let index = books.subscriptions.firstIndex { $0.id == subscription }
        return .list(
            books.invoices.indices.reversed().filter { books.invoices[$0].subscription == index && index != nil }.map {
                json(invoice: $0, in: books)
            })
    }

    private func payments(_ query: [String: String], in books: Books) -> Answer {
        let intent = query["payment[payment_intent]"]
        let of = books.invoices.indices.filter { index in
            let bill = books.invoices[index]
            return bill.id == query["invoice"] || (intent != nil && bill.intent.map { books.intents[$0].id == intent } == true)
        }
        return .list(of.compactMap { json(paymentOf: $0, in: books) })
    }
}
