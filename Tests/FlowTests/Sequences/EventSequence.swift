import Foundation

/// One event as Stripe posts it, with what the stand-in needs of it.
struct RecordedEvent: Sendable {
    var id: String
    var type: String
    var created: Int
    var json: String
    /// Whether it carries its object; thin events only name it.
    var isSnapshot: Bool
    /// Whether Stripe lists it for us: one of the other mode comes to our address by mistake.
    var isListed: Bool
    var objectID: String?
    var kind: String
    var objectCreated: Int
    var object: String
    /// What lists of the object are filtered by.
    var names: [String: String]

    /// Reads an event that was decoded from JSON.
    init(_ event: [String: Any]) throws {
        let object = (event["data"] as? [String: Any])?["object"] as? [String: Any] ?? [:]
        id = event["id"] as? String ?? ""
        type = event["type"] as? String ?? ""
        created = event["created"] as? Int ?? 0
        isSnapshot = event["object"] as? String == "event"
        isListed = isSnapshot && event["livemode"] as? Bool == false
        objectID = object["id"] as? String
        kind = (object["object"] as? String ?? "").replacing("checkout.", with: "")
        objectCreated = object["created"] as? Int ?? 0
        json = try Self.text(event)
        self.object = try Self.text(object)
        names = [:]
        for name in ["customer", "charge", "invoice"] { names[name] = object[name] as? String }
        let parent = (object["parent"] as? [String: Any])?["subscription_details"] as? [String: Any]
        names["subscription"] = parent?["subscription"] as? String ?? object["subscription"] as? String
        names["payment[payment_intent]"] = (object["payment"] as? [String: Any])?["payment_intent"] as? String
    }

    /// Changes every text of it.
    mutating func rename(_ renamed: (String) -> String) {
        id = renamed(id)
        json = renamed(json)
        objectID = objectID.map(renamed)
        object = renamed(object)
        names = names.mapValues(renamed)
    }

    private static func text(_ object: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }
}

/// The events of one customer's life as they were written down, oldest first, and where they end.
struct EventSequence: Sendable {
    var name: String
    /// Each an event of Stripe's in JSON.
    var events: [Data]
    /// The user in it.
    var user: String
    /// The price of the plan in it.
    var price: String?
    var end: SequenceEnd

    /// All of a life happens within this time before now: what Stripe lists after a loss does not reach back further than an hour, and a test
    /// may take a while.
    private static let longest = 1200
    /// What is put in every id and user, for each customer to replace.
    private static let mark = "xMARKx"

    /// The life as a customer has it whose times end at `now`; to be copied for as many as there are to be.
    func prototype(now: Int) throws -> Copy {
        let decoded = try events.map { try JSONSerialization.jsonObject(with: $0) as? [String: Any] ?? [:] }
        let times = decoded.compactMap { $0["created"] as? Int }
        let (first, last) = (times.min() ?? now, times.max() ?? now)
        let scale = max(1, (last - first + Self.longest - 1) / Self.longest)
        let user = "u_\(Self.mark)"
        let renaming = Renaming(mark: Self.mark, texts: [self.user: user, price ?? "": "price_basic"]) { time in
            time <= last ? now - (last - time) / scale : now + (time - last) / scale
        }
        let renamed = try decoded.map { try RecordedEvent(renaming.object($0)) }
        return Copy(name: name, user: user, events: renamed, end: end.renamed(by: renaming))
    }

    /// A customer with this life.
    struct Copy: Sendable {
        var name: String
        var user: String
        var events: [RecordedEvent]
        var end: SequenceEnd

        /// One more customer: with other ids and another user.
        func copy(_ mark: String) -> Copy {
            let marked = { (text: String) in text.replacing(EventSequence.mark, with: mark) }
            var copy = Copy(name: "\(name) \(mark)", user: marked(user), events: events, end: end)
            copy.end.subscription = end.subscription.map(marked)
            copy.end.openInvoice = end.openInvoice.map(marked)
            for index in events.indices { copy.events[index].rename(marked) }
            return copy
        }
    }

    /// Gives ids, users and times of a sequence new values, the same ones everywhere.
    struct Renaming {
        let mark: String
        let texts: [String: String]
        let time: (Int) -> Int

        private static let prefixes: Set<Substring> = [
            "evt", "cus", "sub", "si", "in", "il", "pi", "ch", "cs_test", "cs", "pm", "re", "du", "dp", "txn", "inpay", "seti", "src",
            "card",
            "req",
        ]
        /// Between these a number is a time of Stripe's and nothing else.
        private static let times = 1_600_000_000...2_400_000_000

        func object(_ object: [String: Any]) -> [String: Any] { object.mapValues(value) }

        func text(_ text: String) -> String {
            if let named = texts[text] { return named }
            guard let cut = text.lastIndex(of: "_"), Self.prefixes.contains(text[..<cut]) else { return text }
            let rest = text[text.index(after: cut)...]
            guard rest.utf8.count >= 10,
                rest.utf8.allSatisfy({ Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber })
            else { return text }
            return text + mark
        }

        private func value(_ value: Any) -> Any {
            switch value {
            case let text as String: return self.text(text)
            case let object as [String: Any]: return self.object(object)
            case let list as [Any]: return list.map(self.value)
            // A flag is a number too, for those who bridge; times are far from both of its values.
            case let number as Int where Self.times.contains(number): return time(number)
            default: return value
            }
        }
    }
}
