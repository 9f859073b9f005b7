/// What a change within a period costs, to the second (docs "Prorations"), apart from all state.
enum Proration {
    enum Behavior: String, Sendable {
        case none
        /// With the next invoice.
        case createProrations = "create_prorations"
        /// With an invoice of their own, at once.
        case alwaysInvoice = "always_invoice"
    }

    /// The part of an amount that falls on what is left of a period, to the nearest minor unit.
    static func share(of amount: Int, at time: Int, from start: Int, to end: Int) -> Int {
        let length = end - start
        guard length > 0 else { return 0 }
        let rest = min(max(end - time, 0), length)
        return (2 * amount * rest + length) / (2 * length)
    }
}
