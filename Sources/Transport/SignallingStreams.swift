import NIOCore
import SIP
import Telephony

/// Who is reached how, whatever stream it is.
struct StreamKey: Hashable, Sendable {
    var transport: SIPTransport
    var address: TransportAddress

    init(_ hop: Hop) {
        transport = hop.transport
        address = hop.address
    }
}

/// Streams that are open, by their number and by peer, within bounds.
struct SignallingStreams: Sendable {
    /// Streams at a time that came, from one host and in all.
    static let ofHost = 16
    static let inAll = 1_024

    private var lastID: UInt64 = 0
    private var open: [ConnectionID: (channel: any Channel, key: StreamKey, isOutgoing: Bool)] = [:]
    private var byPeer: [StreamKey: ConnectionID] = [:]
    private var countOfHost: [TransportAddress: Int] = [:]
    private var incoming = 0
    /// Streams that are being opened.
    var connecting: [StreamKey: EventLoopFuture<any Channel>] = [:]

    /// - Returns: the stream's number; `nil` when there are too many.
    mutating func add(_ channel: any Channel, _ hop: Hop, isOutgoing: Bool) -> ConnectionID? {
        let key = StreamKey(hop)
        let host = key.host
        if !isOutgoing {
            guard incoming < SignallingStreams.inAll, countOfHost[host, default: 0] < SignallingStreams.ofHost else {
                return nil
            }
            incoming += 1
            countOfHost[host, default: 0] += 1
        }
        lastID += 1
        let id = ConnectionID(lastID)
        open[id] = (channel, key, isOutgoing)
        byPeer[key] = id
        return id
    }

    mutating func remove(_ id: ConnectionID) {
        guard let (_, key, isOutgoing) = open.removeValue(forKey: id) else { return }
        if byPeer[key] == id { byPeer[key] = nil }
        guard !isOutgoing else { return }
        incoming -= 1
        let left = countOfHost[key.host, default: 1] - 1
        countOfHost[key.host] = left > 0 ? left : nil
    }

    /// The stream that a hop names while it lives, or another to the same address.
    func channel(for hop: Hop) -> (any Channel)? {
        if let id = hop.connection, let stream = open[id] { return stream.channel }
        return byPeer[StreamKey(hop)].flatMap { open[$0]?.channel }
    }

    var channels: [any Channel] { open.values.map(\.channel) }
}

extension StreamKey {
    fileprivate var host: TransportAddress {
        var host = address
        host.port = 0
        return host
    }
}
