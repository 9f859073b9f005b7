extension Endpoint {
    /// Does a call and expands what its answer names; a path that cannot be expanded undoes what was done.
    func body(of call: inout Call, in account: inout Account, expanding paths: [String]) throws(APIError) -> JSON {
        let before = paths.isEmpty ? nil : account
        var body = try handle(&account, &call)
        do throws(APIError) {
            for path in paths { body = try Expansion(call.version, account).expanding(path, in: body) }
        } catch {
            if let before { account = before }
            throw error
        }
        return body
    }
}
