import DedicatedThread
import Logging

/// What a thread does with the connections it is given, one after another.
protocol ConnectionLoopWork: AnyObject {
    /// Whether the thread may end.
    var isFinished: Bool { get }
    /// Readies a fresh connection.
    func prepare(_ connection: BrokerConnection) throws(RabbitError)
    /// Reads all input, then does what others have asked for.
    func turn(_ connection: BrokerConnection) throws(RabbitError)
    /// Notes what others have asked for while there is no connection.
    func readMail()
    /// Gives up what depended on the connection. Returns whether that connection was of use, so that the next one is tried soon.
    func connectionLost(_ error: RabbitError) -> Bool
}

/// The life of a connection's thread: open, serve, and when anything goes wrong drop everything, wait and open again.
struct ConnectionLoop {
    var configuration: RabbitConfiguration
    var wakeup: Wakeup
    var status: ConnectionStatus
    var logger: Logger

    /// Between two connections, so that many replicas do not come back to a restarted broker in step.
    static let backoff = Backoff(shortest: .milliseconds(50), longest: .seconds(5))

    /// Returns once `work` is finished and the connection closed.
    func run(_ work: any ConnectionLoopWork) {
        var backoff = Self.backoff
        while !work.isFinished {
            do {
                try serve(work)
                status.setDown(because: nil)
            } catch {
                status.setDown(because: error)
                logger.debug("connection lost", metadata: ["error": "\(String(reflecting: error))"])
                if work.connectionLost(error) { backoff.reset() }
                pause(backoff.next(), work)
            }
        }
    }

    private func serve(_ work: any ConnectionLoopWork) throws(RabbitError) {
        let connection = try BrokerConnection.open(anyOf: configuration) {
            work.readMail()
            return work.isFinished
        }
        try connection.bounded { () throws(RabbitError) in try work.prepare(connection) }
        status.setUp()
        logger.debug("connected", metadata: ["broker": "\(configuration)"])
        while true {
            // A turn before the first wait: input may be in the library's own buffers, and mail may have been read already.
            try connection.bounded { () throws(RabbitError) in try work.turn(connection) }
            if work.isFinished { break }
            connection.waitForInput(or: wakeup)
        }
        connection.close()
    }

    private func pause(_ duration: Duration, _ work: any ConnectionLoopWork) {
        let end = ContinuousClock.now + duration
        work.readMail()
        while !work.isFinished, ContinuousClock.now < end {
            wakeup.wait(timeout: ContinuousClock.now.duration(to: end))
            work.readMail()
        }
    }
}
