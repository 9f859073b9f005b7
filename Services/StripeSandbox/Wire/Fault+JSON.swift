extension Fault {
    /// The fault as it would be ordered.
    var json: JSON {
        [
            "method": .optional(method), "path": .optional(path), "times": .number(times), "status": .optional(status),
            "when": .text(when.rawValue), "delay_ms": .number(delayMilliseconds), "drop": .flag(drop),
            "headers": .object(headers.sorted { $0.key < $1.key }.map { JSON.Member(name: $0.key, value: .text($0.value)) }),
            "body": body ?? .null,
        ]
    }
}
