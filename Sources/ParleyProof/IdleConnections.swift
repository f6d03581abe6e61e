/// TCP connections from many hosts, sixteen each, that say nothing.
struct IdleConnections {
    private var streams: [LoopbackStream] = []
    private static let ofHost = 16
    /// 127.1.0.0: hosts of loopback that nobody else uses.
    private static let firstHost: UInt32 = 0x7F01_0001

    /// Opens so many, as far as somebody takes them.
    init(_ wanted: Int, to port: UInt16) {
        streams = (0..<wanted).compactMap { index in
            LoopbackStream(to: port, from: IdleConnections.firstHost + UInt32(index / IdleConnections.ofHost))
        }
    }

    var count: Int { streams.count }

    /// Those that the far end has not closed.
    var open: Int { streams.count { !$0.isClosed } }

    /// Closes all of them.
    mutating func close() { streams = [] }
}
