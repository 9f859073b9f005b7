/// A filter by time: one second, or any of `gt`, `gte`, `lt`, `lte`.
struct TimeRange {
    private var low = Int.min
    private var high = Int.max

    /// Everything, where the parameter is absent.
    init(_ name: String, _ parameters: inout Parameters) throws(APIError) {
        let seconds = 0...Int(Int32.max) * 4
        switch parameters.take(name) {
        case nil: return
        case .text(let text)?:
            guard let second = Int(text) else {
                throw parameters.invalid(name, "Invalid integer: \(text)", code: "parameter_invalid_integer")
            }
            (low, high) = (second, second)
        case .hash(let members)?:
            var group = Parameters(members, prefix: parameters.name(name))
            if let bound = try group.integer("gt", in: seconds) { low = max(low, bound + 1) }
            if let bound = try group.integer("gte", in: seconds) { low = max(low, bound) }
            if let bound = try group.integer("lt", in: seconds) { high = min(high, bound - 1) }
            if let bound = try group.integer("lte", in: seconds) { high = min(high, bound) }
            try group.finish()
        case .list?: throw parameters.invalid(name, "Invalid object")
        }
    }

    func contains(_ time: Int) -> Bool { low <= time && time <= high }
}
