package import Foundation
package import Models

extension Settings {
    /// A text; without a default it is required.
    package func string(_ name: String, default fallback: String? = nil) -> String {
        if let text = value(of: name) { return text }
        return fallback ?? missing(name, placeholder: "")
    }

    /// A text, or nil where it is not given.
    package func optionalString(_ name: String) -> String? {
        value(of: name)
    }

    /// A required text that no message of these settings ever quotes, of at least `minimumBytes` bytes in UTF-8.
    package func secret(_ name: String, minimumBytes: Int = 1) -> String {
        guard let text = optionalSecret(name, minimumBytes: minimumBytes) else { return missing(name, placeholder: "") }
        return text
    }

    /// A secret, or nil where it is not given.
    package func optionalSecret(_ name: String, minimumBytes: Int = 1) -> String? {
        guard let text = secretValue(of: name) else { return nil }
        if text.utf8.count < minimumBytes {
            reject(name, because: "is too short: at least \(minimumBytes) bytes are needed")
        }
        return text
    }

    /// Secrets separated by commas, each of at least `minimumBytes` bytes in UTF-8; several while one is replaced by another. Empty where
    /// nothing is given. A text with commas is also one secret, as it was before there could be several.
    package func secrets(_ name: String, minimumBytes: Int = 1) -> [String] {
        guard let text = secretValue(of: name) else { return [] }
        let parts = Self.parts(of: text)
        if parts.isEmpty || parts.contains(where: { $0.utf8.count < minimumBytes }) {
            reject(
                name,
                because: "is too short: at least \(minimumBytes) bytes are needed\(parts.count > 1 ? ", on either side of each comma" : "")"
            )
        }
        return parts.count == 1 ? parts : parts + [text]
    }

    /// A whole number within `range`.
    package func integer(_ name: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 0...Int.max) -> Int {
        guard let text = value(of: name) else { return fallback ?? missing(name, placeholder: range.lowerBound) }
        guard let number = Int(text), range.contains(number) else {
            return malformed(name, text, "a whole number from \(range.lowerBound) to \(range.upperBound)", placeholder: range.lowerBound)
        }
        return number
    }

    /// A decimal number within `range`, such as a share.
    package func number(_ name: String, default fallback: Double? = nil, in range: ClosedRange<Double>) -> Double {
        guard let text = value(of: name) else { return fallback ?? missing(name, placeholder: range.lowerBound) }
        guard let number = Double(text), range.contains(number) else {
            return malformed(name, text, "a number from \(range.lowerBound) to \(range.upperBound)", placeholder: range.lowerBound)
        }
        return number
    }

    /// A time given in seconds, a fraction allowed (`0.5`); never negative, at most ten years.
    package func seconds(_ name: String, default fallback: Duration? = nil) -> Duration {
        duration(name, default: fallback, unit: 1, called: "seconds")
    }

    /// A time given in milliseconds; never negative, at most ten years.
    package func milliseconds(_ name: String, default fallback: Duration? = nil) -> Duration {
        duration(name, default: fallback, unit: 0.001, called: "milliseconds")
    }

    /// A switch: `true`, `1`, `yes` or `on`, and their opposites.
    package func flag(_ name: String, default fallback: Bool) -> Bool {
        guard let text = value(of: name) else { return fallback }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: return malformed(name, text, "true or false", placeholder: fallback)
        }
    }

    /// A time zone by its name in the tz database, such as `Europe/Berlin`.
    package func timeZone(_ name: String, default fallback: String) -> String {
        guard let text = value(of: name) else { return fallback }
        guard text == "UTC" || (text.contains("/") && TimeZone(identifier: text) != nil) else {
            return malformed(name, text, "the name of a time zone, such as Europe/Berlin or UTC", placeholder: fallback)
        }
        return text
    }

    /// Texts separated by commas, trimmed, empty ones left out; required to hold at least one unless a default is given.
    package func list(_ name: String, default fallback: [String]? = nil) -> [String] {
        let items = Self.parts(of: value(of: name) ?? "")
        if !items.isEmpty { return items }
        return fallback ?? missing(name, placeholder: [])
    }

    /// What stands between commas, trimmed, empty ones left out.
    static func parts(of text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// An absolute `http` or `https` address without user, password, query or fragment.
    package func url(_ name: String, default fallback: URL? = nil) -> URL {
        let placeholder = URL(filePath: "/")
        guard let text = value(of: name) else { return fallback ?? missing(name, placeholder: placeholder) }
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host()?.isEmpty == false,
            url.user() == nil, url.query() == nil, url.fragment() == nil
        else {
            reject(name, because: "is not an http or https address without user, query and fragment")
            return placeholder
        }
        return url
    }

    /// One of the cases of an enumeration of texts.
    package func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        guard let text = value(of: name) else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            return malformed(name, text, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), placeholder: fallback)
        }
        return choice
    }

    private func duration(_ name: String, default fallback: Duration?, unit: Double, called unitName: String) -> Duration {
        guard let text = value(of: name) else { return fallback ?? missing(name, placeholder: .zero) }
        let tenYears = 315_360_000.0
        guard let number = Double(text), number >= 0, number * unit <= tenYears else {
            return malformed(name, text, "a number of \(unitName)", placeholder: .zero)
        }
        return .seconds(number * unit)
    }

    private func missing<Value>(_ name: String, placeholder: Value) -> Value {
        reject(name, because: "is missing (give \(name), or a file by \(name)_FILE)")
        return placeholder
    }

    /// Only settings that are no secrets come here, so the text may be quoted; it is cut because a wrong file may be long.
    private func malformed<Value>(_ name: String, _ text: String, _ expected: String, placeholder: Value) -> Value {
        let quoted = String(text.prefix(40)).unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
        reject(name, because: "is not \(expected): \"\(quoted)\"")
        return placeholder
    }
}

extension Settings {
    /// The catalogue of `STRIPE_PRICE_BASIC` and `STRIPE_PRICE_PREMIUM`: prices separated by commas, of which the first is sold and the
    /// others, which the plan was sold at before, are known.
    package func plans() -> PlanCatalogue {
        var prices: [Plan: [PriceID]] = [:]
        for plan in Plan.allCases { prices[plan] = list(Self.priceSetting(of: plan)).map(PriceID.init(rawValue:)) }
        do {
            return try PlanCatalogue(prices)
        } catch {
            let names = Plan.allCases.filter { prices[$0]?.contains(error.price) == true }.map(Self.priceSetting)
            reject(names[0], because: "names \(error.price), and so does \(names.dropFirst().joined(separator: ", "))")
            return .empty
        }
    }

    private static func priceSetting(of plan: Plan) -> String { "STRIPE_PRICE_\(plan.rawValue.uppercased())" }
}
