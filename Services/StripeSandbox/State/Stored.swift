/// A value that comes back from the file.
struct Stored<Value: Sendable>: Sendable {
    let id: String
    /// Orders it among the others of its kind.
    let place: Int
    let value: Value
}
