import Foundation
import Glibc

/// The sandbox's state in a file: a line of JSON for each write, with all that it has changed. Read once, at the start, and then written
/// anew as one line, so that it does not grow from start to start.
///
/// A write is with the operating system when it is answered: it outlives the process, not a loss of power. The file is locked as long as
/// the sandbox runs.
actor StateFile {
    /// One write, or a whole state.
    private struct Line: Codable {
        let now: Int
        let scalars: String
        let rows: [StateRow]
        /// Kinds of which all rows are gone.
        var gone: [String]
    }

    private let path: String
    private var descriptor: Int32 = -1
    /// Bytes that are whole lines.
    private var size = 0

    init(path: String) { self.path = path }

    /// Reads the state and holds the file from then on; makes it where there is none.
    ///
    /// - Throws: `SandboxStateError` when it cannot be opened or read, or another sandbox has it.
    func open() throws -> StoredState {
        descriptor = try lockedDescriptor()
        let stored = try read()
        if stored.account != nil { try replace(with: stored) }
        return stored
    }

    /// Makes a batch true, all of it or nothing.
    func write(_ batch: StateBatch) throws {
        let gone = batch.goneTargets.map { WebhookTarget.kind(of: $0) }.sorted()
        let line = Line(now: batch.now, scalars: batch.scalars, rows: batch.rows, gone: gone)
        try append(Self.text(of: line), to: descriptor)
    }

    /// Lets go of the file.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    // MARK: Reading

    private func read() throws -> StoredState {
        guard let data = FileManager.default.contents(atPath: path) else { throw failure }
        // What follows the last end of a line is a write that was cut off: it was not answered.
        let whole = data[..<((data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }) ?? data.startIndex)]
        size = whole.count
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure }
        let decoder = JSONDecoder()
        var account: (now: Int, scalars: String)?
        var rows: [StateRow.Key: StateRow] = [:]
        for (index, text) in whole.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let line = try? decoder.decode(Line.self, from: text) else {
                throw SandboxStateError.unreadable(kind: "line", id: "\(index + 1) of \(path)", reason: "it is no write of a sandbox")
            }
            account = (line.now, line.scalars)
            Self.apply(line, to: &rows)
        }
        return StoredState(account: account, rows: rows.values.sorted { ($0.kind, $0.place, $0.id) < ($1.kind, $1.place, $1.id) })
    }

    private static func apply(_ line: Line, to rows: inout [StateRow.Key: StateRow]) {
        for var row in line.rows {
            row.place = max(row.place, rows[row.key]?.place ?? 0)
            rows[row.key] = row.body == nil ? nil : row
        }
        if !line.gone.isEmpty { rows = rows.filter { !line.gone.contains($0.key.kind) } }
    }

    // MARK: Writing

    private static func text(of line: Line) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try encoder.encode(line) + [UInt8(ascii: "\n")]
    }

    private func append(_ text: Data, to descriptor: Int32) throws {
        var written = 0
        while written < text.count {
            let count = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, text.count - written) }
            if count < 0 {
                if errno == EINTR { continue }
                let problem = failure
                // Half a line would make the next one unreadable too.
                ftruncate(descriptor, off_t(size))
                throw problem
            }
            written += count
        }
        size += text.count
    }

    /// Puts a file with one line in the place of the one that was read.
    private func replace(with stored: StoredState) throws {
        let next = path + ".new"
        let other = Glibc.open(next, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard other >= 0 else { throw failure }
        guard flock(other, LOCK_EX | LOCK_NB) == 0, let account = stored.account else {
            Glibc.close(other)
            throw SandboxStateError.inUse(path)
        }
        size = 0
        try append(Self.text(of: Line(now: account.now, scalars: account.scalars, rows: stored.rows, gone: [])), to: other)
        guard rename(next, path) == 0 else { throw failure }
        Glibc.close(descriptor)
        descriptor = other
    }

    // MARK: The lock

    private func lockedDescriptor() throws -> Int32 {
        while true {
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw failure }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                Glibc.close(descriptor)
                throw SandboxStateError.inUse(path)
            }
            if isInPlace(descriptor) { return descriptor }
            // Another sandbox has put a file of its own in its place and gone.
            Glibc.close(descriptor)
        }
    }

    private func isInPlace(_ descriptor: Int32) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
    }

    private var failure: SandboxStateError { .file(path, String(cString: strerror(errno))) }
}
