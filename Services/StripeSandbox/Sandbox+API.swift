extension Sandbox {
    /// Answers one request of the API.
    func answer(_ request: APIRequest) async -> APIAnswer {
        let requestID = Identifier.request()
        var record = RequestRecord(
            at: now, method: request.method, path: request.path,
            parameters: (try? FormDecoder.decode(request.form)).map { FormValue.hash($0).json } ?? .null, version: request.version,
            idempotencyKey: request.idempotencyKey, requestID: requestID)
        var answer = await disturbed(request, requestID)
        record.status = answer.isDropped ? nil : answer.status
        remember(record)
        let version = request.version.flatMap { APIVersion($0) } ?? .current
        let always = ["Request-Id": requestID, "Stripe-Version": version.name]
        answer.headers.merge(always) { given, _ in given }
        return answer
    }

    /// The answer with all that goes wrong: what a test has ordered, else the rate limit, else chaos.
    private func disturbed(_ request: APIRequest, _ requestID: String) async -> APIAnswer {
        if let fault = takeFault(for: request) {
            return fault.disturb(await execute(request, requestID, fault: fault), requestID: requestID)
        }
        guard limit.allows(at: wall) else { return .rateLimited(requestID, retryAfter: 1) }
        guard let trouble = chaos.troubleOfNextCall(request.method) else { return await execute(request, requestID) }
        if let refusal = trouble.refusal(requestID) { return refusal }
        if case .timedOut(let seconds, let executed) = trouble {
            if executed { _ = await execute(request, requestID) }
            try? await Task.sleep(for: .seconds(seconds))
            return APIAnswer(status: 500, body: .null, isDropped: true)
        }
        let answer = await execute(request, requestID, trouble: trouble)
        guard case .failedAfter(let replayed) = trouble else { return trouble.spoil(answer) }
        let failure = APIAnswer.refusing(.internalFailure, requestID)
        // Only an answer that this very request has left behind.
        if replayed, let key = request.idempotencyKey, answer.headers["Original-Request"] == requestID {
            idempotency.replace(key, status: failure.status, body: failure.body)
        }
        return failure
    }

    private func takeFault(for request: APIRequest) -> Fault? {
        guard let index = faults.firstIndex(where: { $0.applies(to: request) }) else { return nil }
        faults[index].times -= 1
        defer { faults.removeAll { $0.times <= 0 } }
        return faults[index]
    }

    private func remember(_ record: RequestRecord) {
        records.append(record)
        // Enough for any test; a sandbox that runs for weeks does not grow by its log.
        if records.count > 20_000 { records.removeFirst(10_000) }
    }

    private func execute(
        _ request: APIRequest, _ requestID: String, fault: Fault? = nil, trouble: CallTrouble? = nil
    ) async -> APIAnswer {
        var reserved: String?
        var kept: IdempotencyStore.Kept?
        defer { if let reserved { idempotency.finish(reserved, keeping: kept) } }
        do throws(APIError) {
            try Authorization.check(request.authorization)
            let version = try Self.version(request.version)
            let parameters = try Self.parameters(of: request)
            let (endpoint, ids) = try Self.endpoint(of: request)
            let key = request.method == "POST" ? request.idempotencyKey : nil
            let fingerprint = request.method + request.path + FormValue.hash(parameters).canonical
            if let key {
                if let first = try idempotency.begin(key, fingerprint: fingerprint, now: now) {
                    return Self.replay(first, key, version)
                }
                reserved = key
            }
            if let fault { try? await Task.sleep(for: .milliseconds(fault.delayMilliseconds)) }
            if fault?.prevents == true { return APIAnswer(status: 500, body: .null) }
            let call = Call(pathIDs: ids, parameters: Parameters(parameters), version: version)
            if case .stale(let changes, let seconds)? = trouble, request.method == "GET",
                let body = outdated(endpoint, call, before: changes, within: seconds)
            {
                return APIAnswer(status: 200, body: body, headers: ["Stripe-Version": version.name])
            }
            return perform(endpoint, call, RequestCause(requestID: requestID, idempotencyKey: key), keeps: &kept, fingerprint)
        } catch {
            return .refusing(error, requestID)
        }
    }

    private func perform(
        _ endpoint: Endpoint, _ call: Call, _ cause: RequestCause, keeps kept: inout IdempotencyStore.Kept?, _ fingerprint: String
    ) -> APIAnswer {
        var answer: APIAnswer
        do {
            var call = call
            let paths = try call.parameters.texts("expand")
            let body = try act { account throws(APIError) -> JSON in
                account.cause = cause
                defer { account.cause = nil }
                return try endpoint.body(of: &call, in: &account, expanding: paths)
            }
            answer = APIAnswer(status: 200, body: body)
        } catch {
            answer = .refusing(error, cause.requestID)
            if error.isValidation { return answer }
        }
        answer.headers["Stripe-Version"] = call.version.name
        guard let key = cause.idempotencyKey else { return answer }
        kept = IdempotencyStore.Kept(
            fingerprint: fingerprint, status: answer.status, body: answer.body, requestID: cause.requestID, at: now)
        answer.headers["Idempotency-Key"] = key
        answer.headers["Original-Request"] = cause.requestID
        return answer
    }

    private static func replay(_ kept: IdempotencyStore.Kept, _ key: String, _ version: APIVersion) -> APIAnswer {
        let headers = [
            "Idempotency-Key": key, "Idempotent-Replayed": "true", "Original-Request": kept.requestID, "Stripe-Version": version.name,
        ]
        return APIAnswer(
            status: kept.status, body: kept.body, headers: headers.merging(APIAnswer.retryHeader(for: kept.status)) { $1 })
    }

    private static func version(_ name: String?) throws(APIError) -> APIVersion {
        guard let name else { return .current }
        guard let version = APIVersion(name) else { throw .invalidRequest("Invalid Stripe API version: \(name)") }
        return version
    }

    private static func parameters(of request: APIRequest) throws(APIError) -> [String: FormValue] {
        if request.method == "POST", request.contentType?.hasPrefix("application/json") == true {
            throw .invalidRequest("Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
        }
        return try FormDecoder.decode(request.form)
    }

    private static func endpoint(of request: APIRequest) throws(APIError) -> (Endpoint, [String]) {
        let path = request.path.split(separator: "/")
        for endpoint in Endpoint.all {
            if let ids = endpoint.match(request.method, path) { return (endpoint, ids) }
        }
        throw .unknownURL(request.method, request.path)
    }
}
