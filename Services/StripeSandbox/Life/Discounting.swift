/// What coupons take off amounts, apart from all state.
enum Discounting {
    /// What a coupon takes off each of the amounts; together exactly what it takes off their sum, and never more than that.
    ///
    /// Halves of a cent are rounded up. Amounts below zero are left alone.
    static func shares(of coupon: Coupon, off amounts: [Int]) -> [Int] {
        let amounts = amounts.map { max(0, $0) }
        let total = amounts.reduce(0, +)
        let off = coupon.percentOff.map { (total * $0 + 50) / 100 } ?? min(coupon.amountOff ?? 0, total)
        guard total > 0 else { return amounts.map { _ in 0 } }
        var sum = 0
        var given = 0
        return amounts.map { amount in
            sum += amount
            let share = off * sum / total - given
            given += share
            return share
        }
    }
}
