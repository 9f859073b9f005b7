/// The value at a place of a JSON document, such as `revenue.by_plan.0.amount`; nil where there is none.
package func found(_ json: Any, _ path: String) -> Any? {
    path.split(separator: ".").reduce(json as Any?) { found, step in
        if let list = found as? [Any] { return Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil } }
        return (found as? [String: Any])?[String(step)]
    }
}
