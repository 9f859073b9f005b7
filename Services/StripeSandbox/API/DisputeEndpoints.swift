extension Endpoint {
    static let disputes = [
        retrieve("/v1/disputes/:dispute", \.disputes, param: "dispute"),
        Endpoint("GET", "/v1/disputes") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let charge = try call.parameters.text("charge")
            let intent = try call.parameters.text("payment_intent")
            try call.parameters.finish()
            return try page.list(account.disputes, of: account, call.version, url: "/v1/disputes") {
                (charge == nil || $0.charge == charge) && (intent == nil || $0.paymentIntent == intent)
            }
        },
        Endpoint("POST", "/v1/disputes/:dispute") { account, call throws(APIError) in
            let dispute = try account.disputes.find(call.id, param: "dispute")
            let metadata = try call.parameters.metadata().applied(to: dispute.metadata)
            let evidence = try Endpoint.readEvidence(&call.parameters)
            // What is given is handed to the bank unless that is to wait.
            let submit = try call.parameters.flag("submit")
            try call.parameters.finish()
            let isResponse = !evidence.isEmpty || submit != nil
            guard dispute.status.awaitsResponse || !isResponse else {
                throw .invalidRequest("This dispute is \(dispute.status.rawValue); its evidence can no longer be changed.")
            }
            account.update(dispute: call.id, evidence: evidence, metadata: metadata, submit: isResponse && submit != false)
            return try account.disputes.find(call.id).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/disputes/:dispute/close") { account, call throws(APIError) in
            try call.parameters.finish()
            let dispute = try account.disputes.find(call.id, param: "dispute")
            guard dispute.status.awaitsResponse else {
                throw .invalidRequest("This dispute is \(dispute.status.rawValue) and cannot be closed.")
            }
            account.decide(dispute: call.id, .lost)
            return try account.disputes.find(call.id).rendered(call.version, in: account)
        },
    ]

    private static func readEvidence(_ parameters: inout Parameters) throws(APIError) -> [String: String] {
        var group = try parameters.group("evidence")
        var evidence: [String: String] = [:]
        for name in Dispute.evidenceFields { evidence[name] = try group.given(name) }
        group.ignore("enhanced_evidence")
        try group.finish()
        return evidence
    }
}
