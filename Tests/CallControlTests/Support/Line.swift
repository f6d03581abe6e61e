import CallControl
import CallFlow
import DSP
import RTP
import Telephony
import Testing

/// One leg on a switchboard and a far end that is played by hand, in virtual time.
struct Line: ~Copyable {
    var switchboard: Switchboard
    private(set) var now = Instant.zero
    private(set) var facts: [CallEventBody] = []
    /// What Parley sent as RTP: bytes and destination.
    private(set) var sent: [(octets: [UInt8], to: TransportAddress)] = []
    /// What Parley sent as RTCP.
    private(set) var reports: [[UInt8]] = []
    private(set) var reportDestinations: [TransportAddress] = []
    private(set) var heard: [Int16] = []
    var sequence: UInt16 = 0
    var timestamp: UInt32 = 0
    private var datagram: [UInt8] = []

    static let remote = TransportAddress(ipv4: 0x0A00_0001, port: 4_000)
    static let remoteRTCP = TransportAddress(ipv4: 0x0A00_0001, port: 4_001)

    init(_ change: (inout MediaDescription) -> Void = { _ in }, limits: SwitchboardConfiguration? = nil) {
        var generator = SeededGenerator(seed: 1)
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "line", settings: VoiceSettings(), topics: [start, keys], environment: [:])
        var media = MediaDescription(
            codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: Port(0), rtcpPort: Port(1),
            remote: Line.remote, remoteRTCP: Line.remoteRTCP)
        change(&media)
        switchboard = Switchboard(limits ?? SwitchboardConfiguration())
        switchboard.receive(
            .admit(
                Admission(
                    call: "line", from: "a", to: "b", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC",
                    agent: agent, caller: media, entropy: CallEntropy(from: &generator), recordsAudio: true)),
            at: now)
        drain()
    }

    /// Lets a tick pass, in which the far end sends the packets.
    mutating func tick(_ packets: [[UInt8]] = [], from source: TransportAddress = Line.remote, on port: Int32 = 0) {
        for packet in packets {
            switchboard.receive(datagram: packet.span, on: Port(port), from: source, at: now)
            drain()
        }
        now += tickDuration
        switchboard.advance(to: now)
        drain()
    }

    /// A packet comes so long after the last tick.
    mutating func receive(_ packet: [UInt8], after delay: Interval) {
        switchboard.receive(datagram: packet.span, on: Port(0), from: Line.remote, at: now + delay)
        drain()
    }

    /// The next packet of the far end's stream.
    mutating func packet(_ payload: [UInt8], type: UInt8 = 0, ticks: UInt32? = nil, ssrc: UInt32 = 7) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 12) + payload
        var span = bytes.mutableSpan
        RTPHeader(marker: false, payloadType: type, sequenceNumber: sequence, timestamp: timestamp, ssrc: ssrc)
            .write(into: &span)
        sequence &+= 1
        timestamp &+= ticks ?? UInt32(payload.count)
        return bytes
    }

    /// A datagram comes now.
    mutating func give(_ datagram: [UInt8], from source: TransportAddress) {
        switchboard.receive(datagram: datagram.span, on: Port(0), from: source, at: now)
        drain()
    }

    /// Time passes in which nothing comes.
    mutating func wait(_ time: Interval) {
        let end = now + time
        while let due = switchboard.deadline, due <= end {
            now = max(now, due)
            switchboard.advance(to: now)
            drain()
        }
        now = end
    }

    /// A packet of so many milliseconds of a loud square wave.
    mutating func loud(milliseconds: Int, ssrc: UInt32 = 7) -> [UInt8] {
        packet((0..<8 * milliseconds).map { $0 / 8 % 2 == 0 ? 0x90 : 0x10 }, ssrc: ssrc)
    }

    /// A packet of something that nobody negotiated, outside the stream's numbers.
    func video() -> [UInt8] {
        var bytes = [UInt8](repeating: 0x42, count: 900)
        var span = bytes.mutableSpan
        RTPHeader(marker: false, payloadType: 34, sequenceNumber: sequence, timestamp: timestamp, ssrc: 7)
            .write(into: &span)
        return bytes
    }

    mutating func forget(_ ticks: UInt32) { timestamp &+= ticks }

    private mutating func drain() {
        while let outgoing = switchboard.nextDatagram(into: &datagram) {
            if outgoing.port == Port(0), !RTPHeader.isRTCP(datagram.span) {
                sent.append((datagram, outgoing.destination))
            } else {
                reports.append(datagram)
                reportDestinations.append(outgoing.destination)
            }
        }
        while let output = switchboard.poll() {
            switch output {
            case .fact(let event): facts.append(event.body)
            case .recorded(_, let audio): heard += audio.channels[0]
            default: break
            }
        }
    }

    /// Ends the call and gives what became of its media.
    mutating func end() -> MediaQuality? {
        switchboard.receive(.callerHungUp("line"), at: now)
        drain()
        return facts.lazy.compactMap { if case .mediaQuality(let quality) = $0 { quality } else { nil } }.first
    }

    /// Keys that the dialog heard.
    var digits: String {
        facts.reduce(into: "") { text, fact in if case .digit(let heard) = fact { text += heard.digit.redacted } }
    }

    /// The longest stretch of the recording, after its first loud sample, in which nothing loud was heard.
    var longestGap: Interval {
        var longest = 0
        var last: Int?
        for index in heard.indices where abs(Int(heard[index])) > 2_000 {
            if let last { longest = max(longest, index - last) }
            last = index
        }
        return .milliseconds(Int64(longest) / 8)
    }

    /// Loud frames of 20 ms that were heard.
    var loudFrames: Int {
        stride(from: 0, to: heard.count - 159, by: 160).count { start in
            heard[start..<start + 160].contains { abs(Int($0)) > 2_000 }
        }
    }
}
