import DSP
import Foundation
import RTP
import Telephony

/// What callers of a measurement send.
enum GeneratedMedia: Sendable {
    case pcmu
    case secure(SRTPSuite)
    case opus

    var name: String {
        switch self {
        case .pcmu: "PCMU"
        case .secure(let suite): "SRTP \(suite.rawValue)"
        case .opus: "Opus"
        }
    }

    /// Payloads made beforehand, and the offer that goes with them.
    struct Source {
        let media: GeneratedMedia
        let payloads: [[UInt8]]
        var payloadType: UInt8
        /// RTP ticks of 20 ms.
        let ticks: UInt32
        /// The caller's SRTP key.
        let key: SRTPMasterKey?

        init(_ media: GeneratedMedia) throws {
            self.media = media
            payloadType = if case .opus = media { 96 } else { 0 }
            ticks = if case .opus = media { 960 } else { 160 }
            var random = SystemRandomNumberGenerator()
            key = if case .secure(let suite) = media { SRTPMasterKey(suite, from: &random) } else { nil }
            payloads = try Source.payloads(media)
        }

        /// Two seconds of a voice-like tone that comes and goes.
        private static func payloads(_ media: GeneratedMedia) throws -> [[UInt8]] {
            let codec: Codec = if case .opus = media { .opus } else { .pcmu }
            var encoder = try AudioEncoder(codec)
            let count = codec.samplesPerTick
            return (0..<100).map { tick in
                let frame = (0..<count).map { index in
                    let time = Double(tick * count + index) / Double(codec.sampleRate)
                    let voice = sin(2 * .pi * 140 * time) + sin(2 * .pi * 700 * time) / 2
                    return Int16(3_000 * voice * max(0, sin(2 * .pi * time / 2)))
                }
                var octets = [UInt8](repeating: 0, count: codec.longestPayload)
                var room = octets.mutableSpan
                let length = encoder.encode(frame.span, into: &room, at: 0)
                return Array(octets[..<length])
            }
        }

        func offer(port: UInt16) -> String {
            var lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
            let profile = key == nil ? "RTP/AVP" : "RTP/SAVP"
            if case .opus = media {
                lines += ["m=audio \(port) \(profile) 96 97", "a=rtpmap:96 opus/48000/2"]
                lines += ["a=rtpmap:97 telephone-event/48000", "a=fmtp:97 0-15"]
            } else {
                lines += ["m=audio \(port) \(profile) 0 101", "a=rtpmap:0 PCMU/8000"]
                lines += ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"]
            }
            if let key {
                let material = Data(key.octets(for: .mediaEncryption)).base64EncodedString()
                lines.append("a=crypto:1 \(key.suite.rawValue) inline:\(material)")
            }
            return lines.joined(separator: "\r\n") + "\r\n"
        }
    }
}

/// One caller's stream.
struct GeneratedStream {
    /// An array holds no values that cannot be copied.
    private final class Sealer {
        var context: SRTPContext
        init(_ context: consuming SRTPContext) { self.context = context }

        func seal(_ packet: inout [UInt8], count: Int) -> Int {
            var span = packet.mutableSpan
            return context.protect(&span, count: count, isRTCP: false) ?? count
        }
    }

    private let number: Int
    private var sequence: UInt16
    private var lastArrival: Int64 = 0
    private var sealer: Sealer?

    /// Opening hours, and back to the menu.
    private static let keys: [UInt8] = [5, 1]
    /// Ticks before the first string at the least, from one string to the next, of one key with its pause, and of the
    /// key alone.
    private static let firstKey = 250
    private static let keyPeriod = 600
    private static let keyLength = 10
    private static let keyDown = 5

    private var ticks = 0

    private let pressesKeys: Bool

    init(number: Int, pressesKeys: Bool = true) {
        self.number = number
        self.pressesKeys = pressesKeys
        sequence = UInt16(truncatingIfNeeded: number &* 7_919)
    }

    /// Sets up encryption; says whether the answer agrees with it.
    mutating func prepare(_ source: GeneratedMedia.Source, answer: String) -> Bool {
        guard let key = source.key else { return true }
        guard answer.contains("a=crypto:") else { return false }
        guard let context = try? SRTPContext(key, .outbound) else { return false }
        sealer = Sealer(context)
        return true
    }

    /// Notes an arrival; tells the nanoseconds since the one before.
    mutating func arrived(_ time: Int64) -> Int64? {
        defer { lastArrival = time }
        guard lastArrival > 0, time - lastArrival < 1_000_000_000 else { return nil }
        return time - lastArrival
    }

    /// Makes the next packet; returns its octets.
    mutating func write(_ source: GeneratedMedia.Source, into packet: inout [UInt8]) -> Int {
        let count = writePlain(source, into: &packet)
        return sealer?.seal(&packet, count: count) ?? count
    }

    private mutating func writePlain(_ source: GeneratedMedia.Source, into packet: inout [UInt8]) -> Int {
        let current = sequence
        sequence &+= 1
        ticks += 1
        // Callers are spread over the period.
        let first = GeneratedStream.firstKey + number * 37 % GeneratedStream.keyPeriod
        let tick = (ticks + GeneratedStream.keyPeriod - first % GeneratedStream.keyPeriod) % GeneratedStream.keyPeriod
        let key = pressesKeys && ticks >= first ? tick / GeneratedStream.keyLength : GeneratedStream.keys.count
        let within = tick % GeneratedStream.keyLength
        var span = packet.mutableSpan
        guard key < GeneratedStream.keys.count, within < GeneratedStream.keyDown else {
            RTPHeader(
                marker: false, payloadType: source.payloadType, sequenceNumber: current,
                timestamp: UInt32(current) &* source.ticks, ssrc: UInt32(number)
            ).write(into: &span)
            let payload = source.payloads[tick % source.payloads.count]
            for index in payload.indices { span[12 + index] = payload[index] }
            return 12 + payload.count
        }
        RTPHeader(
            marker: within == 0, payloadType: source.payloadType == 0 ? 101 : 97, sequenceNumber: current,
            timestamp: UInt32(current &- UInt16(within)) &* source.ticks, ssrc: UInt32(number)
        ).write(into: &span)
        TelephoneEvent(
            code: GeneratedStream.keys[key], isEnd: within == GeneratedStream.keyDown - 1, volume: 10,
            duration: UInt16(source.ticks) * UInt16(within + 1)
        ).write(into: &span, at: 12)
        return 16
    }
}
