/// One decoded request parameter: text, a list (`a[]=`), or a hash (`a[b]=`).
///
/// A hash whose keys are all integers (`a[0][b]=`) is a list when it is read as one.
indirect enum FormValue: Sendable, Equatable {
    case text(String)
    case list([FormValue])
    case hash([String: FormValue])

    /// The elements when read as a list, by index; nil when it is not a list.
    var elements: [FormValue]? {
        switch self {
        case .text(let text): text.isEmpty ? [] : nil
        case .list(let values): values
        case .hash(let members):
            members.keys.allSatisfy { Int($0) != nil }
                ? members.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map(\.value) : nil
        }
    }

    /// The value written in one way whatever the order of its keys was; equal requests have equal texts.
    var canonical: String {
        switch self {
        case .text(let text): "\(text.utf8.count):\(text)"
        case .list(let values): "[" + values.map(\.canonical).joined(separator: ",") + "]"
        case .hash(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.key.utf8.count):\($0.key)=\($0.value.canonical)" }.joined(separator: ",")
                + "}"
        }
    }

    /// The value as JSON, for the log of requests.
    var json: JSON {
        switch self {
        case .text(let text): .text(text)
        case .list(let values): .list(values.map(\.json))
        case .hash(let members): .object(members.sorted { $0.key < $1.key }.map { JSON.Member(name: $0.key, value: $0.value.json) })
        }
    }
}
