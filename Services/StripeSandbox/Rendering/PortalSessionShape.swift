extension PortalSession: Resource {
    static let noun = "billing_portal.session"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        .resource(
            id: id, object: "billing_portal.session",
            [
                "configuration": "bpc_1SandboxDefaultConfigura", "created": .number(created), "customer": .text(customer),
                "livemode": false, "return_url": .optional(returnURL), "url": .text("\(account.publicURL)/p/session/\(token)"),
            ], nulls: ["flow", "locale", "on_behalf_of"] + (version.isLegacy ? [] : ["customer_account"]))
    }
}
