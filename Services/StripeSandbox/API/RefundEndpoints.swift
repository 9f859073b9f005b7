extension Endpoint {
    static let refunds = [
        retrieve("/v1/refunds/:refund", \.refunds),
        Endpoint("POST", "/v1/refunds") { account, call throws(APIError) in
            let chargeID = try call.parameters.text("charge")
            let intentID = try call.parameters.text("payment_intent")
            let amount = try call.parameters.integer("amount", in: 1...99_999_999)
            let reason = try call.parameters.choice("reason", ["duplicate", "fraudulent", "requested_by_customer"])
            let metadata = try call.parameters.metadata().applied()
            try call.parameters.finish()
            let charge: String
            if let intentID {
                let intent = try account.paymentIntents.named(intentID, param: "payment_intent")
                guard intent.status == .succeeded, let latest = intent.latestCharge else {
                    throw .invalidRequest("This PaymentIntent (\(intentID)) does not have a successful charge to refund.")
                }
                charge = latest
            } else {
                charge = try chargeID.orMissing("charge")
            }
            return try account.refund(charge: charge, amount: amount, reason: reason, metadata: metadata)
                .rendered(call.version, in: account)
        },
        Endpoint("GET", "/v1/refunds") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let charge = try call.parameters.text("charge")
            let intent = try call.parameters.text("payment_intent")
            try call.parameters.finish()
            return try page.list(account.refunds, of: account, call.version, url: "/v1/refunds") {
                (charge == nil || $0.charge == charge) && (intent == nil || $0.paymentIntent == intent)
            }
        },
        Endpoint("POST", "/v1/refunds/:refund") { account, call throws(APIError) in
            let refund = try account.refunds.find(call.id)
            let metadata = try call.parameters.metadata().applied(to: refund.metadata)
            try call.parameters.finish()
            account.change(refund: call.id) { $0.metadata = metadata }
            return try account.refunds.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/refunds/:refund/cancel") { account, call throws(APIError) in
            try call.parameters.finish()
            let refund = try account.refunds.find(call.id)
            guard refund.status == .requiresAction else {
                throw .invalidRequest(
                    "You can only cancel refunds with a status of requires_action; this one has a status of \(refund.status.rawValue).")
            }
            account.move(refund: call.id, to: .canceled)
            return try account.refunds.find(call.id).rendered(call.version, in: account)
        },
    ]
}
