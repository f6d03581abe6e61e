import AudioFiles
import CallControl
import CallFlow
import DSP
import Foundation
import RTP
import Replay
import Telephony

/// What is done with the octets that a fuzzer gives: they go in where octets from outside do, and the whole pipeline runs
/// behind them.
enum FuzzCases {
    /// Datagrams on a call's RTP port: a length, then so many octets, again and again. Runs a tick after each.
    static func rtp(_ bytes: Span<UInt8>) { feed(bytes, to: .rtp) }

    /// The same on the RTCP port.
    static func rtcp(_ bytes: Span<UInt8>) { feed(bytes, to: .rtcp) }

    /// The same as payloads of telephone-events, with the first three octets as sequence number, marker and timestamp.
    static func telephoneEvents(_ bytes: Span<UInt8>) { feed(bytes, to: .telephoneEvent) }

    /// Datagrams on the ports of an encrypted call: every other one on the RTCP port, and one in four sealed with the right
    /// key, so that what is behind the cipher is reached too.
    static func srtp(_ bytes: Span<UInt8>) {
        guard bytes.count > 2 else { return }
        var generator = SeededGenerator(seed: 2)
        let suite = SRTPSuite.allCases[Int(bytes[0]) % SRTPSuite.allCases.count]
        let keys = SRTPKeys(
            inbound: SRTPMasterKey(suite, from: &generator), outbound: SRTPMasterKey(suite, from: &generator))
        guard var sealer = try? SRTPContext(keys.inbound, .outbound) else { return }
        var line = Line(codec: .pcmu, keys: keys)
        var offset = 1
        var number = 0
        while offset < bytes.count {
            let length = min(Int(bytes[offset]), bytes.count - offset - 1)
            var datagram = (0..<length).map { bytes[offset + 1 + $0] }
            offset += 1 + length
            number += 1
            let isRTCP = number % 2 == 0
            if number % 4 < 2 { seal(&datagram, with: &sealer, isRTCP: isRTCP) }
            line.receive(datagram, on: isRTCP ? 1 : 0)
        }
    }

    private static func seal(_ datagram: inout [UInt8], with context: inout SRTPContext, isRTCP: Bool) {
        let count = datagram.count
        datagram += [UInt8](repeating: 0, count: SRTPContext.longestTrailer)
        var span = datagram.mutableSpan
        let sealed = context.protect(&span, count: count, isRTCP: isRTCP) ?? count
        datagram.removeSubrange(sealed...)
    }

    /// An audio file, which becomes a call when it can be read.
    static func wav(_ bytes: Span<UInt8>) {
        let path = "/tmp/parley-fuzz-\(getpid()).wav"
        let data = bytes.withUnsafeBufferPointer { Data($0) }
        guard (try? data.write(to: URL(filePath: path))) != nil, let file = try? AudioFile.read(path) else { return }
        var line = Line(codec: .pcmu)
        guard
            let audio = try? PCMAudio(
                sampleRate: file.caller.sampleRate, samples: Array(file.caller.samples.prefix(16_000))
            ).resampled(to: 8_000), var encoder = try? AudioEncoder(.pcmu)
        else { return }
        var sequence: UInt16 = 0
        for start in stride(from: 0, to: audio.samples.count - 159, by: 160) {
            var packet = [UInt8](repeating: 0, count: 172)
            let frame = Array(audio.samples[start..<(start + 160)])
            var span = packet.mutableSpan
            RTPHeader(
                marker: sequence == 0, payloadType: 0, sequenceNumber: sequence, timestamp: UInt32(sequence) * 160,
                ssrc: 1
            ).write(into: &span)
            _ = encoder.encode(frame.span, into: &span, at: 12)
            line.receive(packet, on: 0)
            sequence &+= 1
        }
    }

    private enum Entry { case rtp, rtcp, telephoneEvent }

    private static let codecs: [Codec] = [.pcmu, .pcma, .g722, .opus, .l16(sampleRate: 16_000)]

    private static func feed(_ bytes: Span<UInt8>, to entry: Entry) {
        guard bytes.count > 2 else { return }
        var line = Line(codec: codecs[Int(bytes[0]) % codecs.count])
        var offset = 1
        while offset < bytes.count {
            let length = min(Int(bytes[offset]), bytes.count - offset - 1)
            var datagram = (0..<length).map { bytes[offset + 1 + $0] }
            offset += 1 + length
            switch entry {
            case .rtp: line.receive(datagram, on: 0)
            case .rtcp: line.receive(datagram, on: 1)
            case .telephoneEvent:
                guard datagram.count >= 3 else { continue }
                let head: [UInt8] = [
                    0x80, 101 | datagram[1] & 0x80, 0, datagram[0], 0, 0, datagram[1] & 0x7F, datagram[2], 0, 0, 0, 1,
                ]
                datagram.replaceSubrange(0..<3, with: head)
                line.receive(datagram, on: 0)
            }
        }
    }
}

/// One call on a switchboard.
private struct Line: ~Copyable {
    private var switchboard = Switchboard()
    private var now = Instant.zero
    private var bytes: [UInt8] = []

    init(codec: Codec, keys: SRTPKeys? = nil) {
        var generator = SeededGenerator(seed: 1)
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let pressed = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "fuzz", settings: VoiceSettings(), topics: [start, pressed], environment: [:])
        var media = MediaDescription(
            codec: codec, payloadType: codec.staticPayloadType ?? 96, telephoneEventPayloadType: 101, port: Port(0),
            rtcpPort: Port(1), remote: TransportAddress(ipv4: 1, port: 1),
            remoteRTCP: TransportAddress(ipv4: 1, port: 2))
        media.keys = keys
        media.comfortNoisePayloadType = 13
        let admission = Admission(
            call: "fuzz", from: "a", to: "b", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC",
            agent: agent,
            caller: media, entropy: CallEntropy(from: &generator), recordsAudio: true)
        switchboard.receive(.admit(admission), at: now)
        drain()
    }

    mutating func receive(_ datagram: [UInt8], on port: Int32) {
        switchboard.receive(
            datagram: datagram.span, on: Port(port), from: TransportAddress(ipv4: 1, port: 1), at: now)
        now += .milliseconds(20)
        switchboard.advance(to: now)
        drain()
    }

    private mutating func drain() {
        while switchboard.nextDatagram(into: &bytes) != nil {}
        while switchboard.poll() != nil {}
    }
}
