/// Why a stored state cannot be gone on with.
enum SandboxStateError: Error, CustomStringConvertible {
    /// A part of it says what this executable does not understand.
    case unreadable(kind: String, id: String, reason: String)
    /// Written by an executable that stores another way.
    case otherFormat(Int)
    /// Another sandbox that runs has the file.
    case inUse(String)
    /// The operating system refuses the file.
    case file(String, String)

    var description: String {
        switch self {
        case .unreadable(let kind, let id, let reason): "the stored \(kind) \(id) cannot be read: \(reason)"
        case .otherFormat(let format):
            "the stored state has format \(format), not \(SandboxScalars.currentFormat): begin anew without the file"
        case .inUse(let path): "another sandbox is using \(path)"
        case .file(let path, let problem): "\(path): \(problem)"
        }
    }
}
