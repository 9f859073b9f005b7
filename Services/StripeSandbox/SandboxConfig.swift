/// Every setting of the sandbox.
package struct SandboxConfig: Sendable {
    /// The address it listens on.
    package var host = "127.0.0.1"
    /// The port it listens on; 0 takes a free one.
    package var port = 0
    /// Where browsers reach it; nil is the address it listens on.
    package var publicURL: String?
    /// Who gets the events, each of them all.
    package var webhookURLs: [String] = []
    /// Signs the events, whole, including `whsec_`.
    package var webhookSecret: String
    /// The id of the basic plan's price.
    package var basicPrice: String
    /// The id of the premium plan's price.
    package var premiumPrice: String
    /// A lower-case ISO code.
    package var currency = "usd"
    /// The version events are made in.
    package var eventVersion = "2026-05-27.dahlia"
    /// `cancel`, `unpaid`, `pause` or `past_due`.
    package var afterFinalFailure = "unpaid"
    /// `retry` or `pause`.
    package var afterFirstFailure = "retry"
    /// `open` or `uncollectible`.
    package var invoiceAfterFinalFailure = "open"
    /// `smart`, or the days from each failure to the next try, separated by commas.
    package var retries = "3,5,7"
    /// Where the clock starts, Unix seconds; nil is now.
    package var clockStart: Int?
    /// The clock moves only when told to.
    package var clockIsFrozen = false
    /// Decides what chaos does.
    package var seed = 1
    /// How it misbehaves from the start; nil is not at all.
    var chaos: ChaosProfile?
    /// API calls answered in a second; 0 is no limit.
    package var rateLimit = 0
    /// The file that keeps the state; nil keeps it in memory.
    package var statePath: String?

    /// A sandbox for tests: free port, clock standing at 2026-01-01 10:00:00 UTC, no webhooks.
    package init(
        webhookSecret: String = "whsec_sandbox", basicPrice: String = "price_basic", premiumPrice: String = "price_premium",
        clockStart: Int? = 1_767_261_600, clockIsFrozen: Bool = true
    ) {
        self.webhookSecret = webhookSecret
        self.basicPrice = basicPrice
        self.premiumPrice = premiumPrice
        self.clockStart = clockStart
        self.clockIsFrozen = clockIsFrozen
    }

    /// The settings in an environment.
    ///
    /// - Throws: `SandboxConfigError`, naming every setting that is missing or wrong.
    package init(environment: [String: String]) throws(SandboxConfigError) {
        var problems: [String] = []
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func required(_ name: String) -> String {
            if let value = value(name) { return value }
            problems.append("\(name) is missing")
            return ""
        }
        func checked<T>(_ name: String, _ fallback: T, _ parse: (String) -> T?) -> T {
            guard let text = value(name) else { return fallback }
            if let parsed = parse(text) { return parsed }
            problems.append("\(name) is not valid")
            return fallback
        }
        self.init(
            webhookSecret: required("STRIPE_WEBHOOK_SECRET"), basicPrice: required("STRIPE_PRICE_BASIC"),
            premiumPrice: required("STRIPE_PRICE_PREMIUM"), clockStart: nil, clockIsFrozen: false)
        host = value("HTTP_HOST") ?? host
        port = checked("HTTP_PORT", 12111) { Int($0).flatMap { (0...65_535).contains($0) ? $0 : nil } }
        publicURL = value("SANDBOX_PUBLIC_URL").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        webhookURLs = (value("SANDBOX_WEBHOOK_URL") ?? "").split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
        currency = checked("SANDBOX_CURRENCY", currency) { $0.wholeMatch(of: /[a-z]{3}/) == nil ? nil : $0 }
        eventVersion = checked("SANDBOX_EVENT_VERSION", eventVersion) { APIVersion(ofEvents: $0)?.name }
        afterFinalFailure = checked("SANDBOX_AFTER_FINAL_FAILURE", afterFinalFailure) {
            BillingSettings.AfterFinalFailure(rawValue: $0)?.rawValue
        }
        afterFirstFailure = checked("SANDBOX_AFTER_FIRST_FAILURE", afterFirstFailure) {
            BillingSettings.AfterFirstFailure(rawValue: $0)?.rawValue
        }
        invoiceAfterFinalFailure = checked("SANDBOX_INVOICE_AFTER_FINAL_FAILURE", invoiceAfterFinalFailure) {
            BillingSettings.InvoiceAfterFinalFailure(rawValue: $0)?.rawValue
        }
        retries = checked("SANDBOX_RETRIES", retries) { BillingSettings.Retries($0) == nil ? nil : $0 }
        clockStart = checked("SANDBOX_CLOCK", nil) { $0 == "now" ? .some(nil) : Int($0).map(Optional.some) }
        statePath = value("SANDBOX_STATE")
        problems += readChaos(environment)
        if !problems.isEmpty { throw SandboxConfigError(problems: problems) }
    }
}

/// Settings that keep the sandbox from starting.
package struct SandboxConfigError: Error, CustomStringConvertible {
    /// One sentence for each, without its value.
    package let problems: [String]

    /// All problems in one line.
    package var description: String { problems.joined(separator: "; ") }
}
