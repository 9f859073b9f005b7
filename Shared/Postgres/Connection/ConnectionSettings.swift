import CPostgres
import Glibc

/// The keywords and values of one libpq connection. Holds the password, and never shows it.
struct ConnectionSettings: Sendable {
    private var values: [String: String] = [:]

    /// Reads a URL by libpq's own rules: several hosts, TLS parameters and sockets included. Throws `invalidURL`, which does not
    /// repeat the URL.
    init(url: String) throws {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://"), !url.utf8.contains(0) else {
            throw PostgresError(.invalidURL, note: "not a postgresql://role:password@host:port/database URL")
        }
        guard let options = unsafe PQconninfoParse(url, nil) else {
            throw PostgresError(.invalidURL, note: "libpq cannot read this postgresql:// URL")
        }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val { unsafe values[String(cString: keyword)] = unsafe String(cString: value) }
            unsafe option += 1
        }
    }

    /// Sets what the URL left open.
    mutating func setDefault(_ keyword: String, _ value: String) {
        if values[keyword] == nil { values[keyword] = value }
    }

    /// Sets the server's parameters for the session; those in the URL's own `options` come later and win.
    mutating func setSession(_ parameters: [(String, String)]) {
        let ours = parameters.map { "-c \($0)=\($1)" }
        values["options"] = (ours + [values["options"]].compactMap(\.self)).joined(separator: " ")
    }

    /// Lends the settings to C as two arrays that end with a null pointer.
    func withCStrings<T>(_ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> T) -> T {
        let keywords = unsafe values.keys.map { unsafe strdup($0) }
        let texts = unsafe values.values.map { unsafe strdup($0) }
        defer {
            for index in unsafe keywords.indices {
                unsafe free(keywords[index])
                unsafe free(texts[index])
            }
        }
        return unsafe body(keywords.map { unsafe UnsafePointer($0) } + [nil], texts.map { unsafe UnsafePointer($0) } + [nil])
    }
}

extension ConnectionSettings: CustomStringConvertible, CustomReflectable {
    /// Where the connection goes, as a URL without password or parameters.
    var description: String {
        let role = values["user"].map { $0 + "@" } ?? ""
        let port = values["port"].map { ":" + $0 } ?? ""
        return "postgresql://\(role)\(values["host"] ?? "localhost")\(port)/\(values["dbname"] ?? "")"
    }

    /// The description alone: `dump` would show the password.
    var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
