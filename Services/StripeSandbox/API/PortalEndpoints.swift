extension Endpoint {
    static let portal = [
        Endpoint("POST", "/v1/billing_portal/sessions") { account, call throws(APIError) in
            let customer = try account.liveCustomer(named: try call.parameters.required("customer"), param: "customer")
            let returnURL = try call.parameters.url("return_url")
            call.parameters.ignore("configuration", "locale")
            try call.parameters.finish()
            let session = PortalSession(
                id: Identifier.object("bps_"), created: account.now, customer: customer.id, token: "test_" + Identifier.random(40),
                returnURL: returnURL)
            account.portalSessions.insert(session)
            return session.rendered(call.version, in: account)
        }
    ]
}
