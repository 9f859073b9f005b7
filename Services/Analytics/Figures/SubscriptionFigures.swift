import ServiceKit

extension AnalyticsAnswer {
    /// What subscriptions to plans bring. Levels are those at the end of the period, movements those within it.
    struct Subscriptions: Encodable {
        /// Customers, and what they bring a month more or less.
        struct Movement: Encodable {
            var customers: Int64
            var amount: Int64

            init(_ sum: Sum) {
                customers = sum.count
                amount = sum.amount
            }
        }
        struct Movements: Encodable {
            var new: Movement
            var expansion: Movement
            var contraction: Movement
            var churn: Movement
            var reactivation: Movement
        }
        struct Churn: Encodable {
            var voluntary: Movement
            var involuntary: Movement
            var dispute: Movement
        }

        let active: Int64
        let trialing: Int64
        let pastDue: Int64
        let canceledInPeriod: Int64
        let customers: Int64
        let mrr: Int64
        let mrrAtStart: Int64
        @Null var arpu: Int64?
        let mrrMovements: Movements
        let churn: Churn
        @Null var churnRate: Double?
        @Null var mrrChurnRate: Double?

        init(_ sums: PeriodSums) {
            active = sums.atEnd["active"]?.count ?? 0
            trialing = sums.atEnd["trialing"]?.count ?? 0
            pastDue = sums.atEnd["past_due"]?.count ?? 0
            canceledInPeriod = sums["ended"].count
            let (start, end) = (sums.atStart["customers"] ?? Sum(), sums.atEnd["customers"] ?? Sum())
            (customers, mrr, mrrAtStart, arpu) = (end.count, end.amount, start.amount, end.average)
            let reasons = ["churn_voluntary", "churn_involuntary", "churn_dispute"].map { sums["movement", $0] }
            let lost = reasons.reduce(Sum(), +)
            mrrMovements = Movements(
                new: Movement(sums["movement", "new"]), expansion: Movement(sums["movement", "expansion"]),
                contraction: Movement(sums["movement", "contraction"]), churn: Movement(lost),
                reactivation: Movement(sums["movement", "reactivation"]))
            churn = Churn(voluntary: Movement(reasons[0]), involuntary: Movement(reasons[1]), dispute: Movement(reasons[2]))
            churnRate = share(lost.count, of: start.count)
            mrrChurnRate = share(-lost.amount, of: start.amount)
        }
    }
}
