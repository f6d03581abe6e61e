import DSP
import RTP
import Telephony

/// A party's media on its way out: a frame of 20 ms to one RTP packet, and a report now and then.
struct Transmission: ~Copyable {
    private let media: MediaDescription
    private let ssrc: UInt32
    private var encoder: AudioEncoder
    private var sequenceNumber: UInt16
    private var timestamp: UInt32
    private let ticksPerFrame: UInt32
    private var isFirst = true
    private var packetCount: UInt32 = 0
    private var octetCount: UInt32 = 0
    private var framesToReport: Int
    /// A packet in the making.
    private var packet: [UInt8]
    private let canonicalName: [UInt8]

    /// Frames between reports: five seconds, the least of RFC 3550 section 6.2.
    private static let reportInterval = 250

    init(_ media: MediaDescription, entropy: CallEntropy) throws(CodecError) {
        self.media = media
        ssrc = entropy.ssrc
        encoder = try AudioEncoder(media.codec)
        sequenceNumber = entropy.firstSequenceNumber
        timestamp = entropy.firstTimestamp
        ticksPerFrame = UInt32(media.codec.clockRate.ticks(tickDuration))
        // Reports of calls that begin together are spread over the interval.
        framesToReport = Transmission.reportInterval / 2 + Int(entropy.ssrc % UInt32(Transmission.reportInterval / 2))
        packet = [UInt8](
            repeating: 0, count: RTPHeader.fixedLength + media.codec.longestPayload)
        canonicalName = Array(String(entropy.ssrc, radix: 36).utf8)
    }

    /// Sends a frame.
    mutating func send(_ frame: Span<Int16>, into queue: inout DatagramQueue) {
        let header = RTPHeader(
            marker: isFirst, payloadType: media.payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc)
        let length = Transmission.write(header, frame, with: &encoder, into: &packet)
        queue.append(packet.span.extracting(0..<length), to: media.remote, on: media.port)
        isFirst = false
        sequenceNumber &+= 1
        timestamp &+= ticksPerFrame
        packetCount &+= 1
        octetCount &+= UInt32(length - RTPHeader.fixedLength)
    }

    private static func write(
        _ header: RTPHeader, _ frame: Span<Int16>, with encoder: inout AudioEncoder, into packet: inout [UInt8]
    ) -> Int {
        var bytes = packet.mutableSpan
        header.write(into: &bytes)
        return RTPHeader.fixedLength + encoder.encode(frame, into: &bytes, at: RTPHeader.fixedLength)
    }

    /// A report is due with this frame.
    mutating func isReportDue() -> Bool {
        framesToReport -= 1
        guard framesToReport <= 0 else { return false }
        framesToReport = Transmission.reportInterval
        return true
    }

    /// Sends a report of what was sent and received.
    mutating func report(
        _ block: RTCPPacket.ReportBlock?, mediaTime: Interval, goodbye: Bool, into queue: inout DatagramQueue
    ) {
        // The NTP timestamp counts from the answer: it only has to rise evenly (RFC 3550 section 6.4.1).
        let seconds = UInt64(max(0, mediaTime.nanoseconds) / 1_000_000_000)
        let fraction = UInt64(max(0, mediaTime.nanoseconds) % 1_000_000_000) << 32 / 1_000_000_000
        let sender = RTCPPacket.SenderReport(
            ssrc: ssrc, ntpTimestamp: seconds << 32 | fraction, rtpTimestamp: timestamp, packetCount: packetCount,
            octetCount: octetCount)
        var compound = InlineArray<256, UInt8>(repeating: 0)
        var bytes = compound.mutableSpan
        let length = RTCPWriter.write(
            ssrc: ssrc, sender: packetCount > 0 ? sender : nil, block: block, canonicalName: canonicalName,
            goodbye: goodbye, into: &bytes)
        queue.append(bytes.span.extracting(0..<length), to: media.remoteRTCP, on: media.rtcpPort)
    }
}
