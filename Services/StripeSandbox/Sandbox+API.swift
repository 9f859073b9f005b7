extension Sandbox {
    /// Answers one request of the API.
    func answer(_ request: APIRequest) async -> APIAnswer {
        let requestID = Identifier.request()
        let fault = takeFault(for: request)
        var record = RequestRecord(
            at: now, method: request.method, path: request.path,
            parameters: (try? FormDecoder.decode(request.form)).map { FormValue.hash($0).json } ?? .null, version: request.version,
            idempotencyKey: request.idempotencyKey, requestID: requestID)
        var answer = await execute(request, requestID, fault)
        if let fault { answer = fault.disturb(answer, requestID: requestID) }
        record.status = answer.isDropped ? nil : answer.status
        remember(record)
        answer.headers["Request-Id"] = answer.headers["Request-Id"] ?? requestID
        return answer
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

    private func execute(_ request: APIRequest, _ requestID: String, _ fault: Fault?) async -> APIAnswer {
        var reserved: String?
        var kept: IdempotencyStore.Kept?
        defer { if let reserved { idempotency.finish(reserved, keeping: kept) } }
        do throws(APIError) {
            try Authorization.check(request.authorization)
            let version = try Self.version(request.version)
            let parameters = try FormDecoder.decode(request.form)
            let path = request.path.split(separator: "/")
            let match = Endpoint.all.lazy.compactMap { endpoint in endpoint.match(request.method, path).map { (endpoint, $0) } }.first
            guard let (endpoint, ids) = match else {
                throw APIError.invalidRequest("Unrecognized request URL (\(request.method): \(request.path)).", status: 404)
            }
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
            let answer = perform(endpoint, call, RequestCause(requestID: requestID, idempotencyKey: key), keeps: &kept, fingerprint)
            return answer
        } catch {
            return Self.refusal(error, requestID)
        }
    }

    private func perform(
        _ endpoint: Endpoint, _ call: Call, _ cause: RequestCause, keeps kept: inout IdempotencyStore.Kept?, _ fingerprint: String
    ) -> APIAnswer {
        var answer: APIAnswer
        do {
            var call = call
            let paths = try call.parameters.texts("expand")
            let body = try act { account throws(APIError) in
                account.cause = cause
                defer { account.cause = nil }
                var body = try endpoint.handle(&account, &call)
                for path in paths { body = try Expansion(call.version, account).expanding(path, in: body) }
                return body
            }
            answer = APIAnswer(status: 200, body: body)
        } catch {
            answer = Self.refusal(error, cause.requestID)
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
        APIAnswer(
            status: kept.status, body: kept.body,
            headers: [
                "Idempotency-Key": key, "Idempotent-Replayed": "true", "Original-Request": kept.requestID, "Stripe-Version": version.name,
            ])
    }

    private static func refusal(_ error: APIError, _ requestID: String) -> APIAnswer {
        APIAnswer(status: error.status, body: error.body(requestID: requestID))
    }

    private static func version(_ name: String?) throws(APIError) -> APIVersion {
        guard let name else { return .current }
        guard let version = APIVersion(name) else { throw .invalidRequest("Invalid Stripe API version: \(name)") }
        return version
    }
}
