extension Endpoint {
    static let portal = [
        Endpoint("POST", "/v1/billing_portal/sessions") { account, call throws(APIError) in
            let customer = try account.liveCustomer(try call.parameters.required("customer"), param: "customer")
            let returnURL = try call.parameters.url("return_url")
            call.parameters.ignore("configuration", "locale")
            try call.parameters.finish()
            return .resource(
                id: Identifier.object("bps_"), object: "billing_portal.session",
                [
                    "configuration": "bpc_1SandboxDefaultConfigura", "created": .number(account.now), "customer": .text(customer.id),
                    "livemode": false, "return_url": .optional(returnURL),
                    "url": .text("\(account.publicURL)/p/session/test_\(Identifier.random(40))"),
                ], nulls: ["flow", "locale", "on_behalf_of"] + (call.version.isLegacy ? [] : ["customer_account"]))
        }
    ]
}
