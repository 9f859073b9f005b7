/// Reads a request's parameters by name and notices those that nobody read.
///
/// Every accessor marks the name as known; `finish` refuses the rest, as Stripe refuses unknown parameters.
struct Parameters: Sendable {
    private var values: [String: FormValue]
    private let prefix: String

    init(_ values: [String: FormValue], prefix: String = "") {
        self.values = values
        self.prefix = prefix
    }

    /// The full name of a parameter as error messages give it: `subscription_data[metadata]`.
    func name(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix)[\(name)]" }

    /// Whether a parameter is there and not yet read.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The raw value, left where it is.
    func peek(_ name: String) -> FormValue? { values[name] }

    /// Takes the raw value out.
    mutating func take(_ name: String) -> FormValue? { values.removeValue(forKey: name) }

    /// A text; nil when absent or empty (Stripe's way to unset).
    mutating func text(_ name: String, upTo longest: Int = 5000) throws(APIError) -> String? {
        guard let text = try given(name), !text.isEmpty else { return nil }
        guard text.unicodeScalars.count <= longest else { throw tooLong(name, text, longest) }
        return text
    }

    private func tooLong(_ name: String, _ text: String, _ longest: Int) -> APIError {
        invalid(name, "Invalid string: \(text.prefix(20))…; must be at most \(longest) characters")
    }

    /// A text as given: nil when absent, empty when it is to be unset.
    mutating func given(_ name: String) throws(APIError) -> String? {
        switch take(name) {
        case nil: return nil
        case .text(let text)?:
            guard text.utf8.count <= 5000 else {
                throw tooLong(name, text, 5000)
            }
            return text
        default: throw invalid(name, "Invalid string: a nested value was given for \(self.name(name))")
        }
    }

    /// A text that must be there.
    mutating func required(_ name: String) throws(APIError) -> String {
        guard let text = try text(name) else { throw .missing(self.name(name)) }
        return text
    }

    /// One of a closed set of texts.
    mutating func choice(_ name: String, _ allowed: [String]) throws(APIError) -> String? {
        guard let text = try text(name) else { return nil }
        guard allowed.contains(text) else {
            throw invalid(name, "Invalid \(self.name(name)): must be one of \(allowed.joined(separator: ", "))")
        }
        return text
    }

    /// An integer within a range.
    mutating func integer(_ name: String, in range: ClosedRange<Int> = 0...99_999_999) throws(APIError) -> Int? {
        guard let text = try text(name) else { return nil }
        guard let number = Int(text) else { throw invalid(name, "Invalid integer: \(text)", code: "parameter_invalid_integer") }
        guard number >= range.lowerBound else {
            throw invalid(name, "This value must be greater than or equal to \(range.lowerBound).", code: "parameter_invalid_integer")
        }
        guard number <= range.upperBound else {
            throw invalid(
                name, "This value must be less than or equal to \(range.upperBound) (it currently is '\(number)').",
                code: "parameter_invalid_integer")
        }
        return number
    }

    /// `true` or `false`; `True` or `False` from Stripe's older Python libraries.
    mutating func flag(_ name: String) throws(APIError) -> Bool? {
        switch try text(name) {
        case nil: return nil
        case "true", "True": return true
        case "false", "False": return false
        case let text?: throw invalid(name, "Invalid boolean: \(text)")
        }
    }

    /// An `http` or `https` URL.
    mutating func url(_ name: String) throws(APIError) -> String? {
        guard let text = try text(name) else { return nil }
        guard text.wholeMatch(of: /https?:\/\/[^\s\/"<>]+[^\s"<>]*/) != nil else {
            throw invalid(name, "Not a valid URL", code: "url_invalid")
        }
        return text
    }

    /// A nested group of parameters; empty when absent.
    mutating func group(_ name: String) throws(APIError) -> Parameters {
        switch take(name) {
        case nil: return Parameters([:], prefix: self.name(name))
        case .hash(let members)?: return Parameters(members, prefix: self.name(name))
        default: throw invalid(name, "Invalid object")
        }
    }

    /// A list of groups.
    mutating func groups(_ name: String) throws(APIError) -> [Parameters] {
        guard let value = take(name) else { return [] }
        guard let elements = value.elements else { throw invalid(name, "Invalid array") }
        var groups: [Parameters] = []
        for (index, element) in elements.enumerated() {
            guard case .hash(let members) = element else { throw invalid(name, "Invalid object") }
            groups.append(Parameters(members, prefix: "\(self.name(name))[\(index)]"))
        }
        return groups
    }

    /// A list of texts.
    mutating func texts(_ name: String) throws(APIError) -> [String] {
        guard let value = take(name) else { return [] }
        guard let elements = value.elements else { throw invalid(name, "Invalid array") }
        var texts: [String] = []
        for element in elements {
            guard case .text(let text) = element else { throw invalid(name, "Invalid string") }
            texts.append(text)
        }
        return texts
    }

    /// What `metadata` asks to change: keys to values, an empty value unsets. Stripe's limits: keys of 40 characters without
    /// brackets, values of 500.
    mutating func metadata(_ name: String = "metadata") throws(APIError) -> MetadataChange {
        switch take(name) {
        case nil: return .none
        case .text(let text)? where text.isEmpty: return .clear
        case .hash(let members)?:
            var values: [String: String] = [:]
            for (key, value) in members {
                guard case .text(let text) = value else { throw invalid(name, "Invalid metadata: values must be strings") }
                guard key.count <= 40 else { throw invalid(name, "Metadata keys can have up to 40 characters") }
                guard text.count <= 500 else { throw invalid(name, "Metadata values can have up to 500 characters") }
                values[key] = text
            }
            return .merge(values)
        default: throw invalid(name, "Invalid metadata: must be a hash")
        }
    }

    /// The `currency` of a request, in small letters.
    mutating func currency() throws(APIError) -> String {
        let currency = try required("currency").lowercased()
        guard currency.wholeMatch(of: /[a-z]{3}/) != nil else { throw invalid("currency", "Invalid currency: \(currency)") }
        return currency
    }

    /// The `payment_method_types` of a request; cards where it names none.
    mutating func paymentMethodTypes() throws(APIError) -> [String] {
        let types = try texts("payment_method_types")
        for type in types where !Instrument.types.contains(type) {
            throw invalid("payment_method_types", "The sandbox takes \(Instrument.typeList), not `\(type)`.")
        }
        return types.isEmpty ? ["card"] : types
    }

    /// The `billing_mode` of a request: flexible, which is the default since 2025-09-30; the classic one counts otherwise.
    mutating func checkBillingMode() throws(APIError) {
        var mode = try group("billing_mode")
        _ = try mode.choice("type", ["flexible"])
        mode.ignore("flexible")
        try mode.finish()
    }

    /// Refuses what is switched on and not simulated; switched off it is taken.
    mutating func refuseSwitch(_ name: String) throws(APIError) {
        var switched = try group(name)
        if try switched.flag("enabled") == true { throw switched.invalid("enabled", "The sandbox does not simulate `\(name)`.") }
        switched.ignore("minimum", "maximum")
        try switched.finish()
    }

    /// Drops parameters that Stripe takes but that change nothing here.
    mutating func ignore(_ names: String...) {
        for name in names { values[name] = nil }
    }

    /// Refuses what was not read.
    func finish() throws(APIError) {
        guard let unknown = values.keys.min() else { return }
        throw .invalidRequest("Received unknown parameter: \(name(unknown))", code: "parameter_unknown", param: name(unknown))
    }

    /// A 400 about one parameter.
    func invalid(_ name: String, _ message: String, code: String = "parameter_invalid") -> APIError {
        .invalidRequest(message, code: code, param: self.name(name))
    }
}
