extension Endpoint {
    static let catalogCreation: [Endpoint] = [
        Endpoint("POST", "/v1/products") { account, call throws(APIError) in
            let name = try call.parameters.required("name")
            let id = try call.parameters.text("id") ?? Identifier.product()
            if account.products[id] != nil {
                throw .invalidRequest("Product already exists.", code: "resource_already_exists", param: "id")
            }
            for name in ["active", "default_price_data"] where call.parameters.take(name) != nil {
                throw .invalidRequest("The sandbox does not simulate `\(name)` of a new product.", param: name)
            }
            let metadata = try call.parameters.metadata().applied()
            let description = try call.parameters.text("description")
            call.parameters.ignore(
                "images", "marketing_features", "package_dimensions", "shippable", "statement_descriptor", "tax_code",
                "unit_label", "url")
            try call.parameters.finish()
            return account.makeProduct(id, name: name, description: description, metadata: metadata).rendered(call.version, in: account)
        },
        Endpoint("POST", "/v1/prices", makePrice),
        // The older way to a monthly price, which `stripe trigger` still goes.
        Endpoint("POST", "/v1/plans") { account, call throws(APIError) in
            let currency = try call.parameters.currency()
            let amount = try call.parameters.integer("amount").orMissing("amount")
            let product = try planProduct(&call.parameters, in: &account)
            _ = try call.parameters.choice("interval", ["month"]).orMissing("interval")
            let metadata = try call.parameters.metadata().applied()
            let nickname = try call.parameters.text("nickname")
            try call.parameters.finish()
            let price = Price(
                id: Identifier.object("price_"), created: account.now, product: product, currency: currency, unitAmount: amount,
                isRecurring: true, nickname: nickname, metadata: metadata)
            account.insert(price)
            return price.renderedPlan(call.version)
        },
    ]

    private static func planProduct(_ parameters: inout Parameters, in account: inout Account) throws(APIError) -> String {
        guard case .hash? = parameters.peek("product") else {
            return try account.products.named(try parameters.required("product"), param: "product").id
        }
        var data = try parameters.group("product")
        let name = try data.required("name")
        try data.finish()
        return account.makeProduct(Identifier.product(), name: name).id
    }

    @Sendable
    private static func makePrice(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let currency = try call.parameters.currency()
        let amount = try call.parameters.integer("unit_amount").orMissing("unit_amount")
        let isRecurring = try recurs(&call.parameters)
        let key = try call.parameters.text("lookup_key")
        let product = try call.parameters.text("product")
        var data = try call.parameters.group("product_data")
        let name = try data.text("name")
        let productMetadata = try data.metadata().applied()
        data.ignore("statement_descriptor", "tax_code", "unit_label")
        try data.finish()
        _ = try call.parameters.choice("billing_scheme", ["per_unit"])
        let metadata = try call.parameters.metadata().applied()
        let nickname = try call.parameters.text("nickname")
        call.parameters.ignore("tax_behavior")
        try call.parameters.finish()
        if let product { _ = try account.products.named(product, param: "product") }
        guard (product == nil) != (name == nil) else {
            throw .invalidRequest("You must specify either `product` or `product_data` when creating a price.", param: "product")
        }
        let owner = product ?? account.makeProduct(Identifier.product(), name: name ?? "", metadata: productMetadata).id
        let price = Price(
            id: Identifier.object("price_"), created: account.now, product: owner, currency: currency, unitAmount: amount,
            isRecurring: isRecurring, lookupKey: key, nickname: nickname, metadata: metadata)
        account.insert(price)
        return price.rendered(call.version, in: account)
    }

    /// Every month, or once; other intervals are not simulated.
    private static func recurs(_ parameters: inout Parameters) throws(APIError) -> Bool {
        var recurring = try parameters.group("recurring")
        let interval = try recurring.text("interval")
        let count = try recurring.integer("interval_count", in: 1...36) ?? 1
        _ = try recurring.choice("usage_type", ["licensed"])
        try recurring.finish()
        guard let interval else { return false }
        guard interval == "month", count == 1 else {
            throw recurring.invalid("interval", "The sandbox bills every month, not every \(count) `\(interval)`.")
        }
        return true
    }
}

extension Account {
    /// A new product, told of.
    fileprivate mutating func makeProduct(
        _ id: String, name: String, description: String? = nil, metadata: [String: String] = [:]
    ) -> Product {
        let product = Product(
            id: id, created: now, name: name, defaultPrice: nil, description: description, metadata: metadata)
        products.insert(product)
        emit("product.created", product)
        return product
    }

    /// Takes in a new price and tells of it.
    fileprivate mutating func insert(_ price: Price) {
        prices.insert(price)
        emit("price.created", price)
    }
}
