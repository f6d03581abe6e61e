import DSP
import RTP
import Telephony

/// A party's media on its way in: RTP to frames of 20 ms, on a timeline of its own.
///
/// The timeline is the sender's RTP clock, unwrapped and moved so that zero is the answer; it never runs back. Before the
/// first packet, and while nothing comes, it goes on with the tick. In each tick samples are decoded or concealed until
/// a frame is full, after the buffered audio was shortened or lengthened by a pitch period where the jitter buffer says
/// that playout is too late or too early.
struct Reception: ~Copyable {
    private(set) var codec: Codec
    private var payloadType: UInt8
    private var eventPayloadType: UInt8?
    private var noisePayloadType: UInt8?
    let clockRate: ClockRate
    private let frameSamples: Int
    /// Audio samples an RTP tick: 2 for G.722, whose clock counts half of them, 1 for all others.
    private let samplesPerTick: Int64

    private(set) var source: StreamSource
    private var candidates = CandidatePackets()
    var statistics: ReceptionStatistics
    private(set) var jitterBuffer: JitterBuffer
    private var decoder: AudioDecoder
    private let scaler: TimeScaler
    private var keys: TelephoneEventReceiver
    private var silence = ComfortNoiseReceiver()
    private var noise = NoiseGenerator()
    /// Decoded samples, of which the first ``buffered`` are still to be played.
    private var samples: [Int16]
    private var buffered = 0
    /// ``position`` and ``playedTime`` before the last frame.
    private var tickBegin = (position: SampleTime.zero, played: SampleTime.zero)
    /// Where in the stream the next sample to be decoded is.
    private var decodePosition = SampleTime.zero
    /// Concealed audio since the last that was decoded, in ticks.
    private var concealedTicks: Int64 = 0
    private(set) var counts = Counts()
    /// What was played out in this tick as it came.
    private(set) var played = PlayedPayloads()
    /// RTP ticks of the packet that came last.
    private(set) var lastDuration: Int64 = 0
    /// What was decoded last stands in for lost audio.
    private(set) var isConcealing = false

    /// The delay at the beginning of a stream that takes over from another: less than of the first, because somebody
    /// is listening already; what the network needs beyond it is found soon.
    private static let delayOfLaterStreams = Interval.milliseconds(30)

    /// What became of the audio.
    struct Counts {
        var playedFrames = 0
        var concealedFrames = 0
        var delaySum = Interval.zero
        var delaySamples = 0
        var longestDelay = Interval.zero
        var shortened = 0
        var lengthened = 0
    }

    init(_ media: MediaDescription, limits: JitterBufferLimits) throws(CodecError) {
        codec = media.codec
        payloadType = media.payloadType
        eventPayloadType = media.telephoneEventPayloadType
        noisePayloadType = media.comfortNoisePayloadType
        clockRate = media.codec.clockRate
        frameSamples = media.codec.samplesPerTick
        samplesPerTick = Int64(media.codec.sampleRate) / media.codec.clockRate.ticksPerSecond
        source = StreamSource(clockRate: media.codec.clockRate)
        statistics = ReceptionStatistics(clockRate: media.codec.clockRate)
        var bounds = JitterBuffer.Limits()
        bounds.initial = limits.initialDelay
        bounds.minimum = limits.minimumDelay
        bounds.maximum = limits.maximumDelay
        jitterBuffer = JitterBuffer(
            clockRate: media.codec.clockRate, slotLength: media.codec.slotLength,
            isDivisible: media.codec.isDivisible, limits: bounds)
        decoder = try AudioDecoder(media.codec)
        scaler = TimeScaler(sampleRate: media.codec.sampleRate)
        keys = TelephoneEventReceiver(clockRate: media.codec.clockRate)
        keys.ticksPerDuration = media.ticksPerEventDuration
        samples = [Int16](repeating: 0, count: media.codec.decodingSamples)
    }

    /// Takes what a re-offer settled; the timeline goes on.
    ///
    /// - Parameter isMoved: the stream comes from elsewhere now, where it may have another source.
    mutating func renegotiate(_ new: MediaDescription, isMoved: Bool) -> Bool {
        if new.codec != codec {
            do { decoder = try AudioDecoder(new.codec) } catch { return false }
            if new.codec.slotLength == codec.slotLength {
                jitterBuffer.reset()
            } else {
                jitterBuffer = JitterBuffer(
                    clockRate: clockRate, slotLength: new.codec.slotLength, isDivisible: new.codec.isDivisible,
                    limits: jitterBuffer.limits)
            }
            codec = new.codec
            let missing = codec.decodingSamples - samples.count
            if missing > 0 { samples += [Int16](repeating: 0, count: missing) }
        }
        payloadType = new.payloadType
        eventPayloadType = new.telephoneEventPayloadType
        keys.ticksPerDuration = new.ticksPerEventDuration
        noisePayloadType = new.comfortNoisePayloadType
        if isMoved { source.expectAnother() }
        return true
    }

    /// Tells where that lies which a tick touches and this does not contain.
    mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) {
        samples.tellPart(body)
        jitterBuffer.forEachPart(body)
        decoder.forEachPart(body)
    }

    /// Where in the stream the next sample to be played is.
    @inline(__always) var position: SampleTime { decodePosition - Int64(buffered) / samplesPerTick }

    /// Ticks from the next sample to be played to the packet that came last, within what a jitter buffer holds.
    var ticksToLast: Int64 {
        max(0, min(source.current.timestamp - position, clockRate.ticks(milliseconds: 500)))
    }

    /// How much has been played out.
    @inline(__always) var playedTime: SampleTime {
        SampleTime(ticks: Int64(counts.playedFrames) * clockRate.ticks(tickDuration))
    }

    /// How much had been played out when a place of the stream was. Shortening and lengthening the delay moves what comes
    /// after: what was heard in a tick is not told to have been before it.
    func playedTime(of place: SampleTime) -> SampleTime {
        guard place > tickBegin.position else { return place + (tickBegin.played - tickBegin.position) }
        return max(place + (playedTime - position), tickBegin.played + 1)
    }

    /// Takes a packet whose header has been read; says why when it took nothing of it.
    ///
    /// - Parameter isTrusted: it was encrypted with the leg's key.
    mutating func receive(
        _ header: RTPHeader, _ datagram: Span<UInt8>, isTrusted: Bool, at now: Instant
    ) -> DatagramRefusal? {
        let type = header.payloadType
        guard type == payloadType || type == eventPayloadType || type == noisePayloadType else {
            return .unknownPayloadType
        }
        if source.ssrc == header.ssrc {
            if !source.place(header, playing: decodePosition, at: now) { begin(header, at: now) }
        } else if !takesOver(header, datagram, isTrusted: isTrusted, at: now) {
            return .foreignSource
        }
        return take(header, datagram, at: now)
    }

    /// Decides on a packet of another source.
    ///
    /// - Returns: whether its source is the stream from now on.
    private mutating func takesOver(
        _ header: RTPHeader, _ datagram: Span<UInt8>, isTrusted: Bool, at now: Instant
    ) -> Bool {
        let duration = codec.duration(of: datagram.extracting(header.payload)) ?? 0
        let isLong = duration > clockRate.ticks(tickDuration)
        switch source.judge(header, isTrusted: isTrusted, isLong: isLong, at: now) {
        case .begins: begin(header, at: now)
        case .isCandidate:
            candidates.keep(datagram, number: source.candidatePackets, at: now)
            return false
        case .isConfirmed:
            for number in CandidatePackets.kept(before: source.candidatePackets) {
                let kept = candidates.packet(number)
                guard let first = try? RTPHeader.parse(kept.octets.span) else { continue }
                if source.ssrc != first.ssrc { begin(first, at: kept.arrival) }
                _ = source.place(first, playing: decodePosition, at: kept.arrival)
                _ = take(first, kept.octets.span, at: kept.arrival)
            }
            if source.ssrc != header.ssrc { begin(header, at: now) }
            _ = source.place(header, playing: decodePosition, at: now)
        }
        return true
    }

    /// Takes a packet of the stream, which has been placed.
    private mutating func take(_ header: RTPHeader, _ datagram: Span<UInt8>, at now: Instant) -> DatagramRefusal? {
        let place = source.current
        statistics.receive(sequence: place.sequence, timestamp: place.timestamp, at: now)
        let payload = datagram.extracting(header.payload)
        if header.payloadType == eventPayloadType {
            keys.receive(payload, marker: header.marker, timestamp: place.timestamp, sequence: place.sequence)
            return nil
        }
        if header.payloadType == noisePayloadType {
            return silence.receive(payload, timestamp: place.timestamp) ? nil : .malformed
        }
        guard let duration = codec.duration(of: payload) else { return .malformed }
        lastDuration = duration
        let insertion = jitterBuffer.insert(
            timestamp: place.timestamp, duration: duration, payload: payload, position: decodePosition, at: now)
        if insertion == .late { statistics.discarded() }
        return nil
    }

    /// A stream begins, or begins anew: behind what is still to be played of the one before, so that nothing is heard
    /// of the change.
    private mutating func begin(_ header: RTPHeader, at now: Instant) {
        let delay = source.isPlaced ? Reception.delayOfLaterStreams : jitterBuffer.limits.initial
        let anchor = jitterBuffer.end.map { max($0, decodePosition) } ?? decodePosition + clockRate.ticks(delay)
        if jitterBuffer.end == nil { decoder.reset() }
        jitterBuffer.forgetTransits()
        silence.reset()
        source.begin(header, anchor: anchor, at: now)
    }

    /// Fills the next frame.
    mutating func play(into frame: inout [Int16], at now: Instant) {
        played.clear()
        tickBegin = (position, playedTime)
        correctDelay(at: now)
        counts.playedFrames += 1
        if buffered == 0, decodeWhole(into: &frame) { return }
        while buffered < frameSamples { decodeNext() }
        Reception.copy(samples.span.extracting(0..<frameSamples), to: &frame)
        buffered -= frameSamples
        moveDown(buffered, from: frameSamples, to: 0)
        if isConcealing, concealedTicks <= clockRate.ticksPerSecond { counts.concealedFrames += 1 }
    }

    private mutating func moveDown(_ count: Int, from source: Int, to target: Int) {
        guard count > 0 else { return }
        samples.withUnsafeMutableBufferPointer { room in
            let moved = UnsafeBufferPointer(rebasing: room[source..<source + count])
            _ = UnsafeMutableBufferPointer(rebasing: room[target..<target + count]).update(fromContentsOf: moved)
        }
    }

    private static func copy(_ audio: Span<Int16>, to frame: inout [Int16]) {
        var room = frame.mutableSpan
        room.copy(audio)
    }

    /// Decodes a packet that is just the next frame; does nothing when there is none.
    private mutating func decodeWhole(into frame: inout [Int16]) -> Bool {
        guard codec.isDivisible, case .packet(let slot) = jitterBuffer.next(at: decodePosition),
            slot.timestamp == decodePosition, slot.duration * samplesPerTick == Int64(frameSamples),
            Reception.decode(slot, in: &jitterBuffer, with: &decoder, into: &frame, at: 0) == frameSamples
        else { return false }
        if played.areKept { keep(slot) }
        jitterBuffer.release(slot)
        decodePosition += slot.duration
        played(slot)
        return true
    }

    /// What was decoded is what was sent.
    private mutating func played(_ slot: JitterBuffer.Slot) {
        silence.played(until: slot.timestamp + slot.duration)
        isConcealing = false
        concealedTicks = 0
    }

    /// Decodes what comes next, or stands in for it.
    private mutating func decodeNext() {
        switch jitterBuffer.next(at: decodePosition) {
        case .packet(let slot): decode(slot)
        case .missing(let until, let next): fillGap(until: until, next: next)
        case .empty: fill(ticks: clockRate.ticks(tickDuration))
        }
    }

    private mutating func decode(_ slot: JitterBuffer.Slot) {
        let written = decodePayload(slot)
        if played.areKept, slot.timestamp >= decodePosition { keep(slot) }
        jitterBuffer.release(slot)
        guard let written, written > 0 else { return fill(ticks: min(slot.duration, clockRate.ticks(tickDuration))) }
        // A packet that begins before the position is played from there on.
        let skipped = max(0, min(written, Int((decodePosition - slot.timestamp) * samplesPerTick)))
        if skipped > 0 { moveDown(written - skipped, from: buffered + skipped, to: buffered) }
        buffered += written - skipped
        decodePosition += Int64(written - skipped) / samplesPerTick
        if written == skipped { fill(ticks: clockRate.ticks(milliseconds: 10)) }
        played(slot)
    }

    private mutating func decodePayload(_ slot: JitterBuffer.Slot) -> Int? {
        Reception.decode(slot, in: &jitterBuffer, with: &decoder, into: &samples, at: buffered)
    }

    private mutating func keep(_ slot: JitterBuffer.Slot) {
        Reception.keep(slot, of: &jitterBuffer, in: &played)
    }

    private static func keep(
        _ slot: JitterBuffer.Slot, of jitterBuffer: inout JitterBuffer, in played: inout PlayedPayloads
    ) {
        played.keep(jitterBuffer.payload(of: slot), slot)
    }

    /// Whether payloads are kept for who passes them on.
    mutating func keepPlayed(_ areKept: Bool) { played.areKept = areKept }

    private mutating func recover(_ count: Int, before next: JitterBuffer.Slot) -> Int? {
        Reception.recover(count, before: next, in: &jitterBuffer, with: &decoder, into: &samples, at: buffered)
    }

    // A span of a member holds all of `self`, so what works on two members at once is given them one by one.

    private static func decode(
        _ slot: JitterBuffer.Slot, in jitterBuffer: inout JitterBuffer, with decoder: inout AudioDecoder,
        into samples: inout [Int16], at offset: Int
    ) -> Int? {
        var room = samples.mutableSpan
        return decoder.decode(jitterBuffer.payload(of: slot), into: &room, at: offset)
    }

    private static func recover(
        _ count: Int, before next: JitterBuffer.Slot, in jitterBuffer: inout JitterBuffer,
        with decoder: inout AudioDecoder, into samples: inout [Int16], at offset: Int
    ) -> Int? {
        var room = samples.mutableSpan
        return decoder.recover(count, before: jitterBuffer.payload(of: next), into: &room, at: offset)
    }

    private static func conceal(
        _ count: Int, with decoder: inout AudioDecoder, into samples: inout [Int16], at offset: Int
    ) {
        var room = samples.mutableSpan
        decoder.conceal(count, into: &room, at: offset)
    }

    /// Stands in for the audio up to a packet that is there: by what that packet carries of the one before it where the
    /// codec has it.
    private mutating func fillGap(until end: SampleTime, next: JitterBuffer.Slot) {
        let tick = clockRate.ticks(tickDuration)
        let gap = end - decodePosition
        guard gap <= tick else { return fill(ticks: tick) }
        let count = Int(gap * samplesPerTick)
        guard let written = recover(count, before: next), written == count else { return fill(ticks: gap) }
        buffered += written
        decodePosition += gap
        isConcealing = false
        concealedTicks = 0
    }

    /// Stands in for so many ticks of audio: with noise while the far end is silent on purpose, with silence while a key
    /// is being signalled, in whose time there is none.
    private mutating func fill(ticks: Int64) {
        let count = Int(ticks * samplesPerTick)
        let isSilent = noisePayloadType != nil && fillWithNoise(count)
        isConcealing = !isSilent && source.isPlaced && !keys.covers(decodePosition)
        if isConcealing {
            Reception.conceal(count, with: &decoder, into: &samples, at: buffered)
            concealedTicks += ticks
        } else if !isSilent {
            for index in buffered..<(buffered + count) { samples[index] = 0 }
        }
        buffered += count
        decodePosition += ticks
    }

    private mutating func fillWithNoise(_ count: Int) -> Bool {
        guard let (description, isNew) = silence.noise(at: decodePosition) else { return false }
        if isNew {
            noise.set(
                level: -Float(description.level), reflections: description.reflections, order: description.order)
        }
        Reception.make(count, with: &noise, into: &samples, at: buffered)
        return true
    }

    private static func make(
        _ count: Int, with noise: inout NoiseGenerator, into samples: inout [Int16], at offset: Int
    ) {
        var room = samples.mutableSpan
        noise.make(&room, at: offset, count: count)
    }

    /// Moves playout towards the delay that the network makes necessary, by one pitch period at the most.
    private mutating func correctDelay(at now: Instant) {
        guard source.isPlaced else { return }
        let delay = jitterBuffer.delay(position: decodePosition, at: now)
        counts.delaySum += delay
        counts.longestDelay = max(counts.longestDelay, delay)
        counts.delaySamples += 1
        let correction = jitterBuffer.correction(position: decodePosition, at: now)
        guard correction != .zero else { return }
        while buffered < max(frameSamples, scaler.needed) { decodeNext() }
        if correction > .zero { shorten() } else { lengthen() }
    }

    private mutating func shorten() {
        let removed = Reception.shortened(&samples, count: buffered, by: scaler)
        buffered -= removed
        if removed > 0 { counts.shortened += 1 }
    }

    private mutating func lengthen() {
        let added = Reception.lengthened(&samples, count: buffered, by: scaler)
        buffered += added
        if added > 0 { counts.lengthened += 1 }
    }

    private static func shortened(_ samples: inout [Int16], count: Int, by scaler: TimeScaler) -> Int {
        var audio = samples.mutableSpan
        return scaler.shortened(&audio, count: count)
    }

    private static func lengthened(_ samples: inout [Int16], count: Int, by scaler: TimeScaler) -> Int {
        var audio = samples.mutableSpan
        return scaler.lengthened(&audio, count: count, room: audio.count / 2)
    }

    /// The next key whose key-down time has come.
    mutating func nextKey() -> TelephoneEventReceiver.KeyPress? { keys.next(upTo: position) }

    /// The key that is being signalled.
    var heldKey: Digit? { keys.heldKey(at: position) }
}

extension Codec {
    /// Octets of a slot of the jitter buffer: 20 ms of audio where packets can be divided.
    fileprivate var slotLength: Int {
        switch self {
        case .pcmu, .pcma, .g722: 160
        case .opus: longestPayload
        case .l16(let sampleRate): sampleRate * 2 / 50
        }
    }

    /// Room for what is decoded and not yet played: a slot, a frame and a pitch period, with as much again to lengthen it.
    fileprivate var decodingSamples: Int { sampleRate * (isDivisible ? 120 : 200) / 1_000 }

    /// Every octet holds as much audio as the next.
    fileprivate var isDivisible: Bool { self != .opus }
}
