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
///
/// Where there are as many as there may be, the one that has been quiet for longest goes, so that nobody is kept out by those
/// who connect and say nothing.
struct SignallingStreams: Sendable {
    /// Streams at a time that came from one host.
    static let ofHost = 16
    /// Who has said something stays for so long at least. A trunk says that it is there about once a minute.
    static let patience = Interval.seconds(90)

    private struct Stream: Sendable {
        var channel: any Channel
        var key: StreamKey
        var isOutgoing: Bool
        /// When a whole message came, or a sign of life.
        var heardAt: Instant?
    }

    /// Streams at a time that came, in all.
    private let limit: Int
    private var lastID: UInt64 = 0
    private var open: [ConnectionID: Stream] = [:]
    private var byPeer: [StreamKey: ConnectionID] = [:]
    private var countOfHost: [TransportAddress: Int] = [:]
    private var incoming = 0
    /// Streams that are being opened.
    var connecting: [StreamKey: EventLoopFuture<any Channel>] = [:]

    init(limit: Int) { self.limit = limit }

    /// - Returns: the stream's number, and another that is to be closed for it; `nil` when there are too many.
    mutating func add(
        _ channel: any Channel, _ hop: Hop, isOutgoing: Bool, at now: Instant
    ) -> (id: ConnectionID, quiet: (any Channel)?)? {
        let key = StreamKey(hop)
        let host = key.host
        var quiet: (any Channel)?
        if !isOutgoing {
            guard countOfHost[host, default: 0] < SignallingStreams.ofHost else { return nil }
            if incoming >= limit {
                guard let id = quietest(at: now) else { return nil }
                quiet = open[id]?.channel
                remove(id)
            }
            incoming += 1
            countOfHost[host, default: 0] += 1
        }
        lastID += 1
        let id = ConnectionID(lastID)
        open[id] = Stream(channel: channel, key: key, isOutgoing: isOutgoing)
        byPeer[key] = id
        return (id, quiet)
    }

    /// A message came on a stream, or a sign of life.
    mutating func heard(_ id: ConnectionID, at now: Instant) { open[id]?.heardAt = now }

    /// The stream that came and may go: one that never said anything, the oldest first, or else the one of which nothing was
    /// heard for longest.
    private func quietest(at now: Instant) -> ConnectionID? {
        var best: (id: ConnectionID, heardAt: Instant?)?
        for (id, stream) in open where !stream.isOutgoing {
            guard stream.heardAt.map({ now - $0 > SignallingStreams.patience }) ?? true else { continue }
            guard let known = best else {
                best = (id, stream.heardAt)
                continue
            }
            let order = (stream.heardAt?.nanoseconds ?? .min, id.rawValue)
            if order < (known.heardAt?.nanoseconds ?? .min, known.id.rawValue) { best = (id, stream.heardAt) }
        }
        return best?.id
    }

    mutating func remove(_ id: ConnectionID) {
        guard let stream = open.removeValue(forKey: id) else { return }
        let key = stream.key
        if byPeer[key] == id { byPeer[key] = nil }
        guard !stream.isOutgoing else { return }
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
