/// Lines of a CSV file (RFC 4180) that a spreadsheet shows and does not run.
enum CSV {
    /// One line with its end. Cells with commas, quotes or line ends are quoted. A cell that a spreadsheet would take for a formula gets an
    /// apostrophe before it (OWASP, "CSV Injection").
    static func line(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",") + "\r\n"
    }

    private static func cell(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains($0) } ?? false
        let shown = isFormula ? "'" + text : text
        guard shown.unicodeScalars.contains(where: { ",\"\r\n\t".unicodeScalars.contains($0) }) || isFormula else { return shown }
        // By bytes: to Swift a quote with an accent is another character, to whoever reads the file it is a quote.
        return "\"" + String(decoding: shown.utf8.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }, as: UTF8.self) + "\""
    }
}
