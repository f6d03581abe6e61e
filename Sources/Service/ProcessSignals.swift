import Dispatch
import Glibc

/// The signals that a service obeys, as they come. From the first use on they no longer end the process.
enum ProcessSignals {
    static func stream(_ numbers: [Int32]) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        for number in numbers {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            // The handler keeps its source for as long as the process runs.
            source.setEventHandler {
                _ = source.data
                continuation.yield(number)
            }
            source.resume()
        }
        return stream
    }
}
