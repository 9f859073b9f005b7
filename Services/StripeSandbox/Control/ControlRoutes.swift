import Foundation

/// The control calls under `/_sandbox/`: JSON in, JSON out, no authorization.
struct ControlRoutes: Sendable {
    let sandbox: Sandbox

    func answer(_ method: String, _ path: String, _ body: String) async -> HTTPAnswer {
        let segments = path.split(separator: "/").dropFirst().map(String.init)
        do {
            guard let answer = try await call(method, segments, Data(body.utf8)) else {
                return .json(["error": "There is no such control call."], status: 404)
            }
            return .json(answer)
        } catch let error as APIError {
            return .json(["error": .text(error.message)], status: error.status)
        } catch is DecodingError {
            return .json(["error": "The body is not what this call takes."], status: 400)
        } catch {
            return .json(["error": .text("\(error)")], status: 400)
        }
    }

    private func call(_ method: String, _ path: [String], _ body: Data) async throws -> JSON? {
        switch (method, path.count, path.first, path.last) {
        case ("GET", 1, "health", _): return ["status": "ok"]
        case ("GET", 1, "clock", _): return await clock
        case ("POST", 1, "clock", _): return try await setClock(body)
        case ("POST", 2, "clock", "advance"):
            return Self.told(await sandbox.advance(by: try decode(Advance.self, body).seconds), at: await sandbox.now)
        case ("POST", 2, "clock", "advance_to_next"): return Self.told(await sandbox.advanceToNext(), at: await sandbox.now)
        case ("POST", 1, "settings", _): return try await changeSettings(body)
        case ("POST", 4, "checkout", "pay") where path[1] == "sessions": return try await pay(session: path[2], body)
        case ("POST", 3, "payment_intents", "authenticate"): return try await authenticate(paymentIntent: path[1], body)
        case ("POST", 3, "invoices", "pay"): return try await pay(invoice: path[1], body)
        case ("POST", 3, "customers", "card"): return try await replaceCard(of: path[1], body)
        case ("POST", 3, "charges", "dispute"): return try await dispute(charge: path[1], body)
        case ("POST", 2, "disputes", _): return try await decide(dispute: path[1], body)
        case ("POST", 2, "refunds", _): return try await move(refund: path[1], body)
        case ("GET", 1, "ledger", _): return Ledger(await sandbox.account).json
        case ("GET", 1, "deliveries", _): return await deliveries
        case ("GET", 1, "requests", _): return ["requests": .list(await sandbox.records.map(\.json))]
        case ("GET", 1, "faults", _): return ["standing": .number(await sandbox.faults.count)]
        case ("POST", 1, "faults", _):
            let faults = try decode([Fault].self, body)
            await sandbox.setFaults(faults)
            return ["standing": .number(faults.count)]
        default: return try await callOfWire(method, path, body)
        }
    }

    func decode<T: Decodable>(_ type: T.Type, _ body: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: body.isEmpty ? Data("{}".utf8) : body)
    }

    // MARK: Clock

    private struct Advance: Decodable { let seconds: Int }

    private struct ClockChange: Decodable {
        var now: Int?
        var frozen: Bool?
    }

    private var clock: JSON {
        get async { ["now": .number(await sandbox.now), "frozen": .flag(await sandbox.clock.isFrozen)] }
    }

    private func setClock(_ body: Data) async throws -> JSON {
        let change = try decode(ClockChange.self, body)
        if let frozen = change.frozen { await sandbox.freezeClock(frozen) }
        if let time = change.now {
            let now = await sandbox.now
            guard time >= now else { throw APIError.invalidRequest("The clock cannot go back; it shows \(now).") }
            await sandbox.advance(by: time - now)
        }
        return await clock
    }

    private static func told(_ events: [Event], at now: Int) -> JSON {
        let list = events.map { event -> JSON in
            ["id": .text(event.id), "type": .text(event.type), "created": .number(event.created), "object": event.object["id"] ?? .null]
        }
        return ["now": .number(now), "events": .list(list)]
    }

    // MARK: Deliveries

    private var deliveries: JSON {
        get async {
            let targets = await sandbox.targets
            let endpoints = targets.map { target -> JSON in
                // The first 50 say what is wrong; the count says how much.
                let failing = target.queue.failing.prefix(50).map { delivery -> JSON in
                    ["event": .text(delivery.eventID), "tries": .number(delivery.tries), "last_error": .optional(delivery.lastError)]
                }
                return [
                    "id": .optional(target.id), "url": .text(target.url), "undelivered": .number(target.queue.undelivered),
                    "failing": .list(Array(failing)),
                ]
            }
            let undelivered = targets.reduce(0) { $0 + $1.queue.undelivered }
            return ["undelivered": .number(undelivered), "endpoints": .list(endpoints)]
        }
    }
}
