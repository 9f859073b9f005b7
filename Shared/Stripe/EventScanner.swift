import Foundation
import Models

/// Walks through the JSON of an event and notes where the few members are that are needed at once.
///
/// Ten times as fast as decoding the whole: a delivery is checked to its last byte, but nothing is built from it.
struct EventScanner {
    /// Why a document is not an event.
    struct Fault: Error {
        let reason: String
    }

    /// The members that are noted, by where they are.
    private enum Member: Int {
        case id, object, type, created, livemode, account, apiVersion, data, dataObject, objectID
    }

    private var tokens: JSONTokenizer
    private var isInData = false
    private var isInObject = false
    private var noted = [JSONTokenizer.Token?](repeating: nil, count: Member.objectID.rawValue + 1)

    init(_ bytes: [UInt8]) {
        tokens = JSONTokenizer(bytes)
    }

    /// Reads the document to its end.
    mutating func scan() throws(Fault) {
        guard case .beginning(isObject: true) = try next() else { throw Fault(reason: "not a JSON object") }
        var member: Member?
        while let token = try next() {
            if case .name(let name) = token {
                member = self.member(named: name.place)
                continue
            }
            if case .end = token {
                if tokens.depth < 2 { isInData = false }
                if tokens.depth < 3 { isInObject = false }
            } else if let member {
                try note(token, as: member)
            }
            member = nil
        }
    }

    private mutating func next() throws(Fault) -> JSONTokenizer.Token? {
        do { return try tokens.next() } catch { throw Fault(reason: "the document \(error.reason)") }
    }

    private mutating func note(_ token: JSONTokenizer.Token, as member: Member) throws(Fault) {
        guard noted[member.rawValue] == nil else { throw Fault(reason: "\(member) is there twice") }
        noted[member.rawValue] = token
        guard case .beginning(isObject: true) = token else { return }
        if member == .data { isInData = true }
        if member == .dataObject { isInObject = true }
    }

    /// The member that a name stands for at this place.
    private func member(named name: Range<Int>) -> Member? {
        switch tokens.depth {
        case 1: memberOfEvent(name)
        case 2 where isInData: matches("object", name) ? .dataObject : nil
        case 3 where isInObject: matches("id", name) ? .objectID : nil
        default: nil
        }
    }

    private func memberOfEvent(_ name: Range<Int>) -> Member? {
        switch name.count {
        case 2: matches("id", name) ? .id : nil
        case 4: matches("type", name) ? .type : matches("data", name) ? .data : nil
        case 6: matches("object", name) ? .object : nil
        case 7: matches("created", name) ? .created : matches("account", name) ? .account : nil
        case 8: matches("livemode", name) ? .livemode : nil
        case 11: matches("api_version", name) ? .apiVersion : nil
        default: nil
        }
    }

    private func matches(_ name: StaticString, _ place: Range<Int>) -> Bool {
        name.utf8CodeUnitCount == place.count && name.withUTF8Buffer { $0.elementsEqual(tokens.bytes[place]) }
    }

    /// What was noted, if it makes an event.
    func head() throws(Fault) -> StripeEventHead {
        guard try text(.object) == "event", case .beginning(isObject: true) = noted[Member.dataObject.rawValue] else {
            throw Fault(reason: "no event with an object")
        }
        guard let id = try text(.id), let type = try text(.type) else { throw Fault(reason: "id or type is missing") }
        guard case .flag(let livemode) = noted[Member.livemode.rawValue] else { throw Fault(reason: "livemode is missing") }
        return StripeEventHead(
            id: EventID(id), type: type, created: try created(), apiVersion: try text(.apiVersion), livemode: livemode,
            account: try text(.account), objectID: try? text(.objectID))
    }

    /// Missing, null and empty are all nil. What needs an escape is no name of Stripe's.
    private func text(_ member: Member) throws(Fault) -> String? {
        switch noted[member.rawValue] {
        case nil, .null: return nil
        case .text(let text):
            guard !text.isEscaped else { throw Fault(reason: "\(member) holds an escape") }
            return text.place.isEmpty ? nil : String(decoding: tokens.bytes[text.place], as: UTF8.self)
        default: throw Fault(reason: "\(member) has another type")
        }
    }

    private func created() throws(Fault) -> Date {
        guard case .number(let place) = noted[Member.created.rawValue],
            let seconds = Int64(String(decoding: tokens.bytes[place], as: UTF8.self)), (0...Self.latest).contains(seconds)
        else { throw Fault(reason: "created is missing or not a time") }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    /// The end of the year 9999: later times are no event's, and not every program can hold them.
    private static let latest: Int64 = 253_402_300_799
}
