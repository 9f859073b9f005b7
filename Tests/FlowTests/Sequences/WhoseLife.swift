import Foundation

/// Sign-ups that say in other ways, or falsely, whose they are and what was bought.
enum WhoseLife {
    static func all(version: String) throws -> [EventSequence] {
        try [
            edited("has the plan as its second item", version, SequenceEnd(status: "active", paid: 1900, access: true, plan: "basic")) {
                object in
                guard object["object"] as? String == "subscription", var items = object["items"] as? [String: Any],
                    var rows = items["data"] as? [[String: Any]], var first = rows.first
                else { return }
                first["id"] = "si_abcdefghij99"
                for price in ["price", "plan"] {
                    guard var value = first[price] as? [String: Any] else { continue }
                    value["id"] = "price_gb_metered"
                    first[price] = value
                }
                rows.insert(first, at: 0)
                items["data"] = rows
                object["items"] = items
            },
            // Of a price that is no plan's: it is kept, and nothing comes of it (an account sells other things too).
            edited("buys something else", version, SequenceEnd(status: "active", paid: 1900, access: false), price: "price_newsletter"),
            // Affiliate tools write ids of their own into client_reference_id (Rewardful's and FirstPromoter's instructions for Stripe Checkout).
            edited("comes through an affiliate", version, SequenceEnd(status: "active", paid: 1900, access: true, plan: "basic")) {
                object in
                switch object["object"] as? String {
                case "checkout.session": object["client_reference_id"] = "affiliate_7"
                case "customer": object["metadata"] = [String: String]()
                default: break
                }
            },
            // A Payment Link takes client_reference_id from its address (Stripe's documentation, "Track a payment link"): the payer is a stranger.
            edited("is a stranger who names somebody", version, SequenceEnd(isNoise: true)) { object in
                object["metadata"] = [String: String]()
                snapshot([:], on: &object)
                if object["object"] as? String == "checkout.session" { object["payment_link"] = "plink_1" }
            },
            // In the account of a shop that has another installation, whose users have the same names.
            edited("is another installation's", version, SequenceEnd(isNoise: true)) { object in
                let theirs = ["user_id": SandboxLife.user, "plan_id": "basic", "installation": "another"]
                if ["customer", "subscription", "checkout.session"].contains(object["object"] as? String) { object["metadata"] = theirs }
                snapshot(theirs, on: &object)
            },
        ]
    }

    /// Gives an invoice that metadata of its subscription, in whichever shape it has.
    private static func snapshot(_ metadata: [String: String], on object: inout [String: Any]) {
        if object["subscription_details"] is [String: Any] { object["subscription_details"] = ["metadata": metadata] }
        guard var parent = object["parent"] as? [String: Any], var details = parent["subscription_details"] as? [String: Any] else {
            return
        }
        details["metadata"] = metadata
        parent["subscription_details"] = details
        object["parent"] = parent
    }

    /// The sandbox's first payment with every object changed; `price` in place of the plan's.
    private static func edited(
        _ name: String, _ version: String, _ end: SequenceEnd, price: String = "price_basic",
        _ edit: (inout [String: Any]) -> Void = { _ in }
    ) throws -> EventSequence {
        var life = try SandboxLife.signUp(version: version)
        life.name = "\(name) (\(version))"
        life.end = end
        life.events = try life.events.map { event in
            let text = String(decoding: event, as: UTF8.self).replacing("\"price_basic\"", with: "\"\(price)\"")
            guard var event = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                var object = (event["data"] as? [String: Any])?["object"] as? [String: Any]
            else { return event }
            edit(&object)
            event["data"] = ["object": object]
            return try JSONSerialization.data(withJSONObject: event)
        }
        return life
    }
}
