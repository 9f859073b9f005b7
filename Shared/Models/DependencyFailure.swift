/// A failure of something that this system depends on and does not run, told apart from a mistake of ours.
package protocol DependencyFailure: Error {
    /// Its name for people, such as `stripe`.
    var dependency: String { get }
    /// Whether the same call may succeed later.
    var isRetriable: Bool { get }
    /// Whether nothing was heard in time, so that the effect is unknown.
    var isTimeout: Bool { get }
}
