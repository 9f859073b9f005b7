extension Endpoint {
    static let catalog = [
        retrieve("/v1/products/:id", \.products),
        retrieve("/v1/prices/:price", \.prices, param: "price"),
        Endpoint("GET", "/v1/products") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let active = try call.parameters.flag("active")
            let ids = try call.parameters.texts("ids")
            try call.parameters.finish()
            return try page.list(account.products, of: account, call.version, url: "/v1/products") {
                active != false && (ids.isEmpty || ids.contains($0.id))
            }
        },
        Endpoint("GET", "/v1/prices") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            let active = try call.parameters.flag("active")
            let product = try call.parameters.text("product")
            let currency = try call.parameters.text("currency")
            let type = try call.parameters.choice("type", ["one_time", "recurring"])
            let keys = try call.parameters.texts("lookup_keys")
            try call.parameters.finish()
            return try page.list(account.prices, of: account, call.version, url: "/v1/prices") { price in
                (active == nil || price.active == active) && (product == nil || price.product == product)
                    && (currency == nil || price.currency == currency) && (type == nil || price.isRecurring == (type == "recurring"))
                    && (keys.isEmpty || price.lookupKey.map(keys.contains) == true)
            }
        },
    ]
}
