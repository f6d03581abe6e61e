import CallControl
import CallFlow
import DSP
import RTP
import Telephony
import Testing

/// What two bridged parties speak.
enum BridgedMedia: String, CaseIterable, Sendable {
    case pcmu
    case g722
    case opus

    var codec: Codec {
        switch self {
        case .pcmu: .pcmu
        case .g722: .g722
        case .opus: .opus
        }
    }

    var payloadType: UInt8 {
        switch self {
        case .pcmu: 0
        case .g722: 9
        case .opus: 96
        }
    }
}

/// What ends pass-through.
enum BridgeChange: CaseIterable, Sendable {
    case third
    case mute
    case hold
    /// The party speaks to one who is called in for it, and the caller does not hear.
    case whisper
}

/// A caller and a party the dialog handed the caller to, both played by hand, in virtual time.
struct Bridge: ~Copyable {
    static let medias = BridgedMedia.allCases

    /// One of the two far ends.
    struct End {
        let port: Int32
        let remote: TransportAddress
        let ssrc: UInt32
        var sequence: UInt16 = 0
        var timestamp: UInt32
        /// What it sent, and when.
        var payloads: [[UInt8]] = []
        var sentAt: [Instant] = []
        /// What came to it, and when.
        var packets: [(octets: [UInt8], at: Instant)] = []

        init(_ index: Int32) {
            port = 2 * index
            remote = TransportAddress(ipv4: 0x0A00_0001, port: 4_000 + UInt16(2 * index))
            ssrc = 100 + UInt32(index)
            sequence = 1_000 * UInt16(index)
            timestamp = 77_777 * UInt32(index)
        }
    }

    /// A packet that came to a far end.
    struct Received: Equatable {
        var sequence: UInt16
        var timestamp: UInt32
        var payload: [UInt8]
    }

    private var switchboard = Switchboard()
    private let media: BridgedMedia
    private var now = Instant.zero
    private(set) var ends: [End] = []
    private(set) var recorded: [RecordedAudio] = []
    private(set) var facts: [CallEventBody] = []
    /// Datagrams to far ends of which it was said that nobody else is heard.
    private(set) var settledDatagrams = 0
    /// Both speak loud.
    var isLoud = false
    private var handovers: [RequestID] = []
    private var dialled: [LegID] = []
    private var datagram: [UInt8] = []

    init(_ media: BridgedMedia, recordsAudio: Bool = false) throws {
        self.media = media
        ends = (0..<3).map { End($0) }
        let transfer = Action(
            id: "transfer",
            kind: .transfer(
                TransferAction(
                    kind: .agent, phoneNumber: nil, messageToAgent: nil, context: .all, userToUser: nil, headers: [],
                    dtmfSequence: nil)), kindName: "TransferConversationV2")
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [transfer])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "desk", settings: VoiceSettings(), topics: [start, keys], environment: [:])
        var generator = SeededGenerator(seed: 5)
        let entropy = CallEntropy(from: &generator)
        let admission = Admission(
            call: "bridge", from: "a", to: "b", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC",
            agent: agent, caller: description(0), entropy: entropy, recordsAudio: recordsAudio)
        switchboard.receive(.admit(admission), at: now)
        drain()
        for _ in 0..<5 where handovers.isEmpty { turn() }
        switchboard.receive(
            .reply(try #require(handovers.first), .routed(.dial(DialPlan(.agent, target: "+15550123")))), at: now)
        drain()
        try answer(1)
    }

    private func description(_ index: Int) -> MediaDescription {
        let end = ends[index]
        var control = end.remote
        control.port += 1
        return MediaDescription(
            codec: media.codec, payloadType: media.payloadType, telephoneEventPayloadType: 101,
            port: Port(end.port), rtcpPort: Port(end.port + 1), remote: end.remote, remoteRTCP: control)
    }

    private mutating func answer(_ index: Int) throws {
        let leg = try #require(dialled.last)
        switchboard.receive(.leg("bridge", .answered(leg, description(index))), at: now)
        drain()
    }

    /// A third party comes into the conversation.
    mutating func join() throws {
        switchboard.receive(.command("bridge", .pullIn(DialPlan(.expert, target: "+15550124"))), at: now)
        drain()
        try answer(2)
    }

    mutating func make(_ change: BridgeChange) throws {
        switch change {
        case .third: try join()
        case .mute: switchboard.receive(.command("bridge", .place(.caller, .listening)), at: now)
        case .hold: switchboard.receive(.command("bridge", .place(.caller, .held)), at: now)
        case .whisper:
            try join()
            guard let coach = dialled.last, let agent = dialled.first else { return }
            switchboard.receive(.command("bridge", .place(coach, .whispering(to: agent))), at: now)
        }
        drain()
    }

    /// Everything is as it was before.
    mutating func undo(_ change: BridgeChange) {
        switch change {
        case .third, .whisper:
            if let leg = dialled.last { switchboard.receive(.command("bridge", .release(leg)), at: now) }
        case .mute, .hold: switchboard.receive(.command("bridge", .place(.caller, .speaking)), at: now)
        }
        drain()
    }

    /// A far end presses a key by RFC 4733, 100 ms long, and a tick passes with each of its packets.
    mutating func press(_ digit: Digit, on index: Int, at number: Int) {
        let timestamp = ends[index].timestamp
        for step in 0..<7 {
            let ticks = 160 * UInt16(min(step + 1, 5))
            let event: [UInt8] = [digit.code, step >= 4 ? 0x8A : 0x0A, UInt8(ticks >> 8), UInt8(ticks & 0xFF)]
            var bytes = [UInt8](repeating: 0, count: 12) + event
            var span = bytes.mutableSpan
            RTPHeader(
                marker: step == 0, payloadType: 101, sequenceNumber: ends[index].sequence, timestamp: timestamp,
                ssrc: ends[index].ssrc
            ).write(into: &span)
            ends[index].sequence &+= 1
            switchboard.receive(datagram: bytes.span, on: Port(ends[index].port), from: ends[index].remote, at: now)
            drain()
            let other = 1 - index
            let payload = payload(of: other, number + step)
            let audio = packet(other, payload)
            ends[other].payloads.append(payload)
            ends[other].sentAt.append(now)
            switchboard.receive(datagram: audio.span, on: Port(ends[other].port), from: ends[other].remote, at: now)
            drain()
            turn()
        }
        ends[index].timestamp = timestamp &+ 7 * 160
    }

    /// The keys that came to a far end as events.
    func keys(_ index: Int) throws -> [Digit] {
        var keys: [(digit: Digit, timestamp: UInt32)] = []
        for packet in ends[index].packets {
            let header = try RTPHeader.parse(packet.octets.span)
            guard header.payloadType == 101, let code = packet.octets[header.payload].first,
                let digit = Digit(code: code), keys.last?.timestamp != header.timestamp
            else { continue }
            keys.append((digit, header.timestamp))
        }
        return keys.map(\.digit)
    }

    /// Both send a packet, and a tick passes.
    ///
    /// - Parameter isWithoutCaller: the caller's packet is lost.
    mutating func tick(_ number: Int, withoutCaller isWithoutCaller: Bool = false) {
        for index in 0..<2 {
            let payload = payload(of: index, number)
            let bytes = packet(index, payload)
            guard index != 0 || !isWithoutCaller else { continue }
            ends[index].payloads.append(payload)
            ends[index].sentAt.append(now)
            switchboard.receive(datagram: bytes.span, on: Port(ends[index].port), from: ends[index].remote, at: now)
            drain()
        }
        turn()
    }

    private mutating func turn() {
        now += tickDuration
        switchboard.advance(to: now)
        drain()
    }

    private mutating func packet(_ index: Int, _ payload: [UInt8]) -> [UInt8] {
        let ticks = UInt32(media.codec.clockRate.ticks(tickDuration))
        var bytes = [UInt8](repeating: 0, count: 12) + payload
        var span = bytes.mutableSpan
        RTPHeader(
            marker: false, payloadType: media.payloadType, sequenceNumber: ends[index].sequence,
            timestamp: ends[index].timestamp, ssrc: ends[index].ssrc
        ).write(into: &span)
        ends[index].sequence &+= 1
        ends[index].timestamp &+= ticks
        return bytes
    }

    /// Octets that no other packet has, and that an encoder would not make of what they decode to.
    private func payload(of index: Int, _ number: Int) -> [UInt8] {
        let seed = UInt64(index * 10_000 + number)
        var generator = SeededGenerator(seed: seed)
        if media == .opus {
            // A frame of SILK at 20 ms (RFC 6716 section 3.1): table of contents, then what decodes to something.
            return [0x08] + (0..<40).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        }
        // Segment 7 of the mu-law is its softest, segment 1 nearly its loudest.
        let segment: UInt8 = isLoud ? 0x10 : 0x70
        return [0x7F, UInt8(truncatingIfNeeded: number), UInt8(index)]
            + (0..<157).map { _ in segment | UInt8(truncatingIfNeeded: generator.next() & 0x8F) }
    }

    /// The RTP that came to a far end.
    func received(_ index: Int) throws -> [Received] {
        try ends[index].packets.compactMap { packet in
            let header = try RTPHeader.parse(packet.octets.span)
            return header.payloadType == 101
                ? nil
                : Received(
                    sequence: header.sequenceNumber, timestamp: header.timestamp,
                    payload: Array(packet.octets[header.payload]))
        }
    }

    /// How long payloads of one far end took to the other.
    func delays(from sender: Int, to receiver: Int) -> [Interval] {
        var arrivals: [[UInt8]: Instant] = [:]
        for packet in ends[receiver].packets { arrivals[Array(packet.octets.dropFirst(12))] = packet.at }
        return zip(ends[sender].payloads, ends[sender].sentAt).compactMap { payload, sent in
            arrivals[payload].map { $0 - sent }
        }
    }

    private mutating func drain() {
        while let outgoing = switchboard.nextDatagram(into: &datagram) {
            for index in ends.indices where outgoing.port == Port(ends[index].port) {
                ends[index].packets.append((datagram, now))
                if outgoing.isSolePeer { settledDatagrams += 1 }
            }
        }
        while let output = switchboard.poll() {
            switch output {
            case .fact(let event): facts.append(event.body)
            case .recorded(_, let audio): recorded.append(audio)
            case .request(let id, .transfer): handovers.append(id)
            case .leg(_, .dial(let leg, _)): dialled.append(leg)
            default: break
            }
        }
    }
}
