import DSP
import FrontEnd
import RTP
import Telephony

/// A party's media on its way out: frames of 20 ms to packets of the negotiated length, and a report now and then.
struct Transmission: ~Copyable {
    private var media: MediaDescription
    let ssrc: UInt32
    private var encoder: AudioEncoder
    private var encryption: SRTPContext?
    var sequenceNumber: UInt16
    var timestamp: UInt32
    /// Of the key that is being pressed.
    private var keyTimestamp: UInt32 = 0
    /// Samples and RTP ticks of a packet.
    private let samplesPerPacket: Int
    let ticksPerPacket: UInt32
    /// Audio that waits for its packet to be full; only where a packet is not a frame.
    private var waiting: [Int16]
    private var waitingCount = 0
    /// The next packet begins a talkspurt.
    var isFirst = true
    var passThrough = PassThrough()
    private var packetCount: UInt32 = 0
    private var octetCount: UInt32 = 0
    private var framesToReport: Int
    /// A packet in the making.
    private var packet: [UInt8]
    private let canonicalName: [UInt8]

    /// Frames between reports: five seconds, the least of RFC 3550 section 6.2.
    private static let reportInterval = 250
    /// Octets of the name that stands for the source in reports.
    private static let nameLength = 7

    init(_ media: MediaDescription, entropy: CallEntropy) throws(CodecError) {
        let encoder = try AudioEncoder(media.codec)
        let encryption = try Transmission.encryption(media.keys?.outbound)
        self.media = media
        ssrc = entropy.ssrc
        self.encoder = encoder
        self.encryption = encryption
        sequenceNumber = entropy.firstSequenceNumber
        timestamp = entropy.firstTimestamp
        let ptime = media.codec.packetTime(asked: media.ptime)
        samplesPerPacket = media.codec.sampleRate * ptime / 1_000
        ticksPerPacket = UInt32(media.codec.clockRate.ticks(milliseconds: Int64(ptime)))
        waiting =
            ptime == 20 ? [] : [Int16](repeating: 0, count: samplesPerPacket + media.codec.samplesPerTick)
        // Reports of calls that begin together are spread over the interval.
        framesToReport = Transmission.reportInterval / 2 + Int(entropy.ssrc % UInt32(Transmission.reportInterval / 2))
        packet = [UInt8](
            repeating: 0, count: RTPHeader.fixedLength + media.codec.longestPayload + SRTPContext.longestTrailer)
        canonicalName = Transmission.name(of: entropy.ssrc)
    }

    private static func encryption(_ key: SRTPMasterKey?) throws(CodecError) -> SRTPContext? {
        guard let key else { return nil }
        guard let context = try? SRTPContext(key, .outbound) else {
            throw CodecError(description: "\(key.suite.rawValue) cannot be set up by libsrtp2")
        }
        return context
    }

    /// A canonical name that says nothing (RFC 7022): the source's number in letters.
    private static func name(of ssrc: UInt32) -> [UInt8] {
        var rest = ssrc
        return (0..<nameLength).map { _ in
            defer { rest /= 26 }
            return UInt8(truncatingIfNeeded: 0x61 + rest % 26)
        }
    }

    /// Tells where that lies which a tick touches and this does not contain.
    mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) { packet.tellPart(body) }

    /// Takes what a re-offer settled; the stream goes on with its numbers.
    mutating func renegotiate(_ new: MediaDescription) -> Bool {
        if new.codec != media.codec {
            do { encoder = try AudioEncoder(new.codec) } catch { return false }
        }
        if new.keys != media.keys {
            do { encryption = try Transmission.encryption(new.keys?.outbound) } catch { return false }
        }
        var settled = new
        settled.ptime = media.ptime
        media = settled
        return true
    }

    /// Sends a frame.
    mutating func send(_ frame: Span<Int16>, to peer: MediaPeer, into queue: inout DatagramQueue) {
        endPassing(ticksPerFrame: media.codec.clockRate.ticks(tickDuration))
        guard !waiting.isEmpty else { return sendPacket(frame, to: peer, into: &queue) }
        for index in 0..<frame.count { waiting[waitingCount + index] = frame[index] }
        waitingCount += frame.count
        // Taken out and put back, because a span of a member would hold all of `self`.
        var audio: [Int16] = []
        swap(&audio, &waiting)
        var sent = 0
        while waitingCount - sent >= samplesPerPacket {
            sendPacket(audio.span.extracting(sent..<sent + samplesPerPacket), to: peer, into: &queue)
            sent += samplesPerPacket
        }
        swap(&audio, &waiting)
        waitingCount -= sent
        if sent > 0 { for index in 0..<waitingCount { waiting[index] = waiting[index + sent] } }
    }

    /// Sends a frame that was encoded beforehand.
    ///
    /// - Returns: whether it was, in the codec of the leg, and is a packet.
    mutating func send(_ place: PromptPlace, to peer: MediaPeer, into queue: inout DatagramQueue) -> Bool {
        guard waiting.isEmpty, place.count == samplesPerPacket else { return false }
        let octets = encoded(place.audio)
        guard octets.count >= place.position + place.count else { return false }
        endPassing(ticksPerFrame: media.codec.clockRate.ticks(tickDuration))
        sendPayload(octets.span.extracting(place.position..<place.position + place.count), to: peer, into: &queue)
        return true
    }

    /// Audio in the codec of the leg, where it was encoded beforehand.
    private func encoded(_ audio: PCMAudio) -> [UInt8] {
        switch media.codec {
        case .pcmu: audio.muLaw
        case .pcma: audio.aLaw
        default: []
        }
    }

    private mutating func sendPacket(
        _ audio: Span<Int16>, to peer: MediaPeer, into queue: inout DatagramQueue
    ) {
        let length = Transmission.write(nextHeader, audio, with: &encoder, into: &packet)
        sendPacket(length, to: peer, into: &queue)
    }

    /// Sends a payload as it is.
    mutating func sendPayload(
        _ payload: Span<UInt8>, to peer: MediaPeer, into queue: inout DatagramQueue
    ) {
        guard payload.count <= packet.count - RTPHeader.fixedLength - SRTPContext.longestTrailer else { return }
        Transmission.write(nextHeader, payload, into: &packet)
        sendPacket(RTPHeader.fixedLength + payload.count, to: peer, into: &queue)
    }

    private var nextHeader: RTPHeader {
        RTPHeader(
            marker: isFirst, payloadType: media.payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc)
    }

    private static func write(_ header: RTPHeader, _ payload: Span<UInt8>, into packet: inout [UInt8]) {
        var bytes = packet.mutableSpan
        header.write(into: &bytes)
        bytes.withUnsafeMutableBytes { room in
            payload.withUnsafeBytes { octets in
                room[RTPHeader.fixedLength..<RTPHeader.fixedLength &+ octets.count].copyBytes(from: octets)
            }
        }
    }

    /// Audio that waits for its packet to be full is not sent any more.
    mutating func dropWaiting() { waitingCount = 0 }

    private mutating func sendPacket(
        _ length: Int, to peer: MediaPeer, into queue: inout DatagramQueue
    ) {
        isFirst = false
        sequenceNumber &+= 1
        timestamp &+= ticksPerPacket
        packetCount &+= 1
        octetCount &+= UInt32(length - RTPHeader.fixedLength)
        queue.note(packet.span.extracting(0..<length), to: peer.address, on: media.port)
        guard let sealed = Transmission.sealed(&packet, length, by: &encryption, isRTCP: false) else { return }
        queue.append(packet.span.extracting(0..<sealed), to: peer.address, isSolePeer: peer.isSole, on: media.port)
    }

    private static func write(
        _ header: RTPHeader, _ frame: Span<Int16>, with encoder: inout AudioEncoder, into packet: inout [UInt8]
    ) -> Int {
        var bytes = packet.mutableSpan
        header.write(into: &bytes)
        return RTPHeader.fixedLength + encoder.encode(frame, into: &bytes, at: RTPHeader.fixedLength)
    }

    /// Sends what a key that is being pressed says in this tick, in the place of audio (RFC 4733 section 2.5.1): all
    /// packets of the key have the timestamp of its beginning.
    mutating func send(
        _ report: TelephoneEventSender.Report, type: UInt8, to peer: MediaPeer,
        into queue: inout DatagramQueue
    ) {
        endPassing(ticksPerFrame: media.codec.clockRate.ticks(tickDuration))
        if report.marker {
            keyTimestamp = timestamp
            waitingCount = 0
        }
        let header = RTPHeader(
            marker: report.marker, payloadType: type, sequenceNumber: sequenceNumber, timestamp: keyTimestamp,
            ssrc: ssrc)
        Transmission.write(header, report.event, into: &packet)
        sequenceNumber &+= 1
        timestamp &+= UInt32(media.codec.clockRate.ticks(tickDuration))
        let length = RTPHeader.fixedLength + TelephoneEvent.length
        queue.note(packet.span.extracting(0..<length), to: peer.address, on: media.port)
        guard let sealed = Transmission.sealed(&packet, length, by: &encryption, isRTCP: false) else { return }
        queue.append(packet.span.extracting(0..<sealed), to: peer.address, isSolePeer: peer.isSole, on: media.port)
    }

    private static func write(_ header: RTPHeader, _ event: TelephoneEvent, into packet: inout [UInt8]) {
        var bytes = packet.mutableSpan
        header.write(into: &bytes)
        event.write(into: &bytes, at: RTPHeader.fixedLength)
    }

    /// Encrypts a packet where the leg has keys; `nil` when the library refuses: then nothing may go out.
    private static func sealed(
        _ packet: inout [UInt8], _ length: Int, by encryption: inout SRTPContext?, isRTCP: Bool
    ) -> Int? {
        guard encryption != nil else { return length }
        var bytes = packet.mutableSpan
        return encryption?.protect(&bytes, count: length, isRTCP: isRTCP)
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
        _ block: RTCPPacket.ReportBlock?, _ metrics: RTCPPacket.VoIPMetrics?, ntpTimestamp: UInt64, goodbye: Bool,
        to destination: TransportAddress, into queue: inout DatagramQueue
    ) {
        var parts = RTCPWriter.Parts(ssrc: ssrc, canonicalName: canonicalName)
        if packetCount > 0 {
            parts.sender = RTCPPacket.SenderReport(
                ssrc: ssrc, ntpTimestamp: ntpTimestamp, rtpTimestamp: timestamp, packetCount: packetCount,
                octetCount: octetCount)
        }
        parts.block = block
        parts.metrics = media.sendsVoIPMetrics ? metrics : nil
        parts.isGoodbye = goodbye
        let length = Transmission.write(parts, into: &packet)
        queue.note(packet.span.extracting(0..<length), to: destination, on: media.rtcpPort)
        guard let sealed = Transmission.sealed(&packet, length, by: &encryption, isRTCP: true) else { return }
        queue.append(packet.span.extracting(0..<sealed), to: destination, on: media.rtcpPort)
    }

    private static func write(_ parts: RTCPWriter.Parts, into packet: inout [UInt8]) -> Int {
        var bytes = packet.mutableSpan
        return RTCPWriter.write(parts, into: &bytes)
    }
}

extension Codec {
    /// The packet length that is sent when the far end asked for one, in milliseconds: 10 to 60 in whole tens, and for
    /// Opus one of its frame lengths.
    fileprivate func packetTime(asked: Int) -> Int {
        let whole = max(10, min(60, asked / 10 * 10))
        if self == .opus { return [10, 20, 40, 60].last { $0 <= whole } ?? 20 }
        return whole
    }
}
