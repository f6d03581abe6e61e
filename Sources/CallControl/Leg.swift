import DSP
import FrontEnd
import RTP
import Telephony

/// One party of a call: its media in and out, and what is heard of it.
struct Leg: ~Copyable {
    private var media: MediaDescription
    let sampleRate: Int
    let clockRate: ClockRate
    private var reception: Reception
    private var transmission: Transmission
    private var decryption: SRTPContext?
    /// Room in which a packet is decrypted; none without encryption.
    private var plain: [UInt8]
    /// Octets of the packet that was decrypted last; 0 when that could not be done.
    private var plainCount = 0
    private var latch: SourceLatch
    private var reports: ReportExchange
    private var listener: Listener
    /// What the party was heard to say in this tick.
    private var heardFrame: [Int16]
    /// What the party is told in this tick, unless it is in ``saidPlace``.
    private var saidFrame: [Int16]
    /// What the party is told in this tick, where that is a part of audio that many calls play and nothing else.
    private var saidPlace: PromptPlace?
    /// When RTP last came.
    private(set) var lastReception: Instant
    private var saidFrames: Int64 = 0
    /// The longest datagram that is decrypted.
    private static let longestDatagram = 2_048

    /// - Parameter hearsCallProgress: as far as the configuration allows it; nobody who calls plays tones of the network.
    init(
        _ media: MediaDescription, entropy: CallEntropy, configuration: SwitchboardConfiguration,
        hearsCallProgress: Bool = true, at now: Instant
    ) throws(CodecError) {
        let reception = try Reception(media, limits: configuration.jitterBuffer)
        let transmission = try Transmission(media, entropy: entropy)
        let decryption = try Leg.decryption(media.keys?.inbound)
        self.media = media
        sampleRate = media.codec.sampleRate
        clockRate = media.codec.clockRate
        self.reception = reception
        self.transmission = transmission
        self.decryption = decryption
        plain = media.keys == nil ? [] : [UInt8](repeating: 0, count: Leg.longestDatagram)
        latch = SourceLatch(media.remote, rule: media.sourceRule, at: now)
        reports = ReportExchange(at: now)
        var profile = configuration.frontEnd
        if !hearsCallProgress { profile.hearsCallProgress = false }
        listener = Listener(
            profile, sampleRate: media.codec.sampleRate, clockRate: media.codec.clockRate)
        heardFrame = [Int16](repeating: 0, count: media.codec.samplesPerTick)
        saidFrame = [Int16](repeating: 0, count: media.codec.samplesPerTick)
        lastReception = now
    }

    /// How much of the party has been heard: 20 ms a tick, by our own clock. What was heard at a time of the stream's own
    /// (``Reception/position``) is told in this time: the playout delay changes, and two clocks are never alike.
    @inline(__always) var position: SampleTime { reception.playedTime }
    var quality: MediaQuality { reception.quality }
    /// How long the party has been in the call.
    var time: Interval { Interval(nanoseconds: saidFrames &* tickDuration.nanoseconds) }

    /// Tells where that lies which a tick touches and the leg does not contain.
    mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) {
        heardFrame.tellPart(body)
        saidFrame.tellPart(body)
        reception.forEachPart(body)
        transmission.forEachPart(body)
        listener.forEachPart(body)
    }

    /// RTP ticks of so many samples of audio.
    @inline(__always) func ticks(samples: Int) -> Int64 {
        Int64(samples) * clockRate.ticksPerSecond / Int64(sampleRate)
    }

    private static func decryption(_ key: SRTPMasterKey?) throws(CodecError) -> SRTPContext? {
        guard let key else { return nil }
        guard let context = try? SRTPContext(key, .inbound) else {
            throw CodecError(description: "\(key.suite.rawValue) cannot be set up by libsrtp2")
        }
        return context
    }

    /// Takes what a re-offer settled: hold and resume, another address, other payload types, another codec of the same
    /// rate.
    ///
    /// - Returns: whether the leg can go on with it.
    mutating func renegotiate(_ new: MediaDescription, at now: Instant) -> Bool {
        guard new.codec.sampleRate == sampleRate, new.codec.clockRate == clockRate else { return false }
        let isMoved = new.remote != media.remote
        if new.keys != media.keys {
            do { decryption = try Leg.decryption(new.keys?.inbound) } catch { return false }
            plain = new.keys == nil ? [] : [UInt8](repeating: 0, count: Leg.longestDatagram)
        }
        guard transmission.renegotiate(new), reception.renegotiate(new, isMoved: isMoved) else { return false }
        media = new
        if isMoved { latch = SourceLatch(new.remote, rule: new.sourceRule, at: now) }
        // A hold that ends begins the wait for media anew.
        lastReception = now
        return true
    }

    /// The far end holds the call, or Parley does: no media need come.
    @inline(__always) var isOnHold: Bool { !media.sends || !media.receives }

    // MARK: - In

    /// Takes a datagram; says why when it took nothing of it.
    mutating func receive(
        datagram: Span<UInt8>, isRTCPPort: Bool, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        let isRTCP = isRTCPPort || (media.port == media.rtcpPort && RTPHeader.isRTCP(datagram))
        guard decryption == nil else { return receiveEncrypted(datagram, isRTCP: isRTCP, from: source, at: now) }
        return isRTCP
            ? receiveReport(datagram, from: source, at: now)
            : receiveMedia(datagram, from: source, at: now)
    }

    /// Decrypts first, so that a stranger's packet moves nothing.
    private mutating func receiveEncrypted(
        _ datagram: Span<UInt8>, isRTCP: Bool, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        plainCount = 0
        guard datagram.count <= plain.count else { return .malformed }
        // Taken out and put back, because a span of a member would hold all of `self`.
        var room: [UInt8] = []
        swap(&room, &plain)
        defer { swap(&room, &plain) }
        for index in 0..<datagram.count { room[index] = datagram[index] }
        do {
            let count = try Leg.unprotect(&room, datagram.count, with: &decryption, isRTCP: isRTCP)
            let packet = room.span.extracting(0..<count)
            plainCount = count
            return isRTCP
                ? receiveReport(packet, from: source, at: now)
                : receiveMedia(packet, from: source, at: now)
        } catch {
            switch error {
            case .malformed: return .malformed
            case .unauthenticated: return .unauthenticated
            case .replayed: return .replayed
            }
        }
    }

    private static func unprotect(
        _ packet: inout [UInt8], _ count: Int, with context: inout SRTPContext?, isRTCP: Bool
    ) throws(SRTPContext.Refusal) -> Int {
        var bytes = packet.mutableSpan
        return try context?.unprotect(&bytes, count: count, isRTCP: isRTCP) ?? 0
    }

    /// What comes was encrypted with the leg's key.
    @inline(__always) private var isAuthenticated: Bool { decryption != nil || media.comesDecrypted }

    /// Gives what was received last as it was decrypted; nothing when it could not be.
    mutating func decrypted(_ datagram: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        guard decryption != nil else { return body(datagram) }
        if plainCount > 0 { body(plain.span.extracting(0..<plainCount)) }
    }

    /// What was settled about the media.
    mutating func takeMedia() -> MediaDescription { media }

    /// How much later the packet that came last will be heard.
    mutating func delayOfLast() -> Interval { clockRate.interval(ticks: reception.ticksToLast) }

    private mutating func receiveMedia(
        _ datagram: Span<UInt8>, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        guard let header = try? RTPHeader.parse(datagram) else { return .malformed }
        let verdict = latch.judge(
            source, sequenceNumber: header.sequenceNumber, isAuthenticated: isAuthenticated, at: now)
        guard verdict != .refused else { return .foreignAddress }
        let refusal = reception.receive(header, datagram, isTrusted: isAuthenticated, at: now)
        if refusal == nil { lastReception = now }
        return refusal
    }

    /// Reports come from where they were negotiated to come from, or from the host of the media.
    private mutating func receiveReport(
        _ datagram: Span<UInt8>, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        let isFromMedia = latch.isSettled && source.high == latch.address.high && source.low == latch.address.low
        guard source == media.remoteRTCP || isFromMedia else { return .foreignAddress }
        return reports.take(datagram, ssrc: transmission.ssrc, at: now) ? nil : .malformed
    }

    mutating func infoDigit(_ digit: Digit, durationInMilliseconds: Int?) {
        let duration = Interval.milliseconds(Int64(max(0, min(durationInMilliseconds ?? 0, 60_000))))
        listener.sipInfo(digit, at: reception.position, duration: duration)
    }

    /// Takes the next 20 ms out of the jitter buffer.
    mutating func playOut(at now: Instant) {
        reception.play(into: &heardFrame, at: now)
    }

    /// Listens to what was played out.
    ///
    /// - Parameter byLevel: see ``FrontEnd/Listener/hearSpeech(byLevel:)``.
    mutating func listen(byLevel: Bool = false) {
        listener.hearSpeech(byLevel: byLevel)
        let end = reception.position
        let start = end - ticks(samples: heardFrame.count)
        let frame = heardFrame
        listener.hear(frame.span, at: start, isConcealed: reception.isConcealing)
        if let held = reception.heldKey { listener.telephoneEventHolds(held, at: end) }
        while let key = reception.nextKey() {
            listener.telephoneEvent(key.digit, keyDown: key.keyDown, until: key.knownUntil)
        }
    }

    /// The speech that has begun and not ended, at the leg's end.
    mutating func finishListening() -> Range<SampleTime>? {
        listener.finish(at: reception.position)
        var speech: Range<SampleTime>?
        while let event = nextEvent() {
            if case .speechEnded(let start, let end) = event { speech = start..<max(start, end) }
        }
        return speech
    }

    /// What the party did, in the time of ``position``.
    mutating func nextEvent() -> CallerEvent? {
        guard let event = listener.next() else { return nil }
        return event.moved { reception.playedTime(of: $0) }
    }

    /// A key could have gone down in what was heard last that is not known yet: the detector follows a tone, or the
    /// frame ends too loud to be silence.
    var mayHearKey: Bool {
        if listener.mayHearTone { return true }
        var peak: Int16 = 0
        for sample in heardFrame.suffix(heardFrame.count / 2) { peak = max(peak, sample == .min ? .max : abs(sample)) }
        return peak > 300
    }

    /// The frame heard in this tick.
    var heard: [Int16] { heardFrame }
    /// The frame heard in this tick. Changes nothing: what borrows a leg may be given a copy of all of it.
    mutating func takeHeard() -> [Int16] { heardFrame }
    /// The frame said in this tick.
    var said: [Int16] {
        mutating get {
            makeSaidFrame()
            return saidFrame
        }
    }

    // MARK: - Out

    /// Begins the frame that is said in this tick: prompts and music, to which others add.
    mutating func say(_ player: inout PromptPlayer, over background: inout Background) {
        saidFrames &+= 1
        saidPlace = nextWhole(&player, &background)
        guard saidPlace == nil else { return }
        Leg.silence(&saidFrame)
        player.play(into: &saidFrame)
        background.add(to: &saidFrame)
    }

    /// What the party is told, where that is a part of a prompt, of music or of silence and nothing else.
    private func nextWhole(_ player: inout PromptPlayer, _ background: inout Background) -> PromptPlace? {
        let count = saidFrame.count
        let isPlaying = background.isPlaying
        guard player.isIdle else { return isPlaying ? nil : player.nextWhole(count) }
        player.playNothing()
        if isPlaying { return background.nextWhole(count) }
        guard Leg.silence.sampleRate == sampleRate else { return nil }
        return PromptPlace(audio: Leg.silence, position: 0, count: count)
    }

    /// What a party at 8 kHz is told while there is nothing to say.
    private static let silence = PCMAudio(
        sampleRate: 8_000, samples: [Int16](repeating: 0, count: Codec.pcmu.samplesPerTick)
    ).measuredForEcho().encodedInBothLaws()

    /// Copies what the party is told to where others can add to it.
    private mutating func makeSaidFrame() {
        guard let place = saidPlace else { return }
        saidPlace = nil
        place.withFrame { frame in
            var room = saidFrame.mutableSpan
            room.copy(frame)
        }
    }

    /// Nothing is said in this tick but what another party sent, as it came.
    mutating func sayNothing() { saidFrames &+= 1 }

    /// Adds what another party says.
    mutating func add(_ frame: [Int16]) {
        makeSaidFrame()
        var room = saidFrame.mutableSpan
        room.mix(adding: frame.span)
    }

    private static func silence(_ frame: inout [Int16]) {
        var room = frame.mutableSpan
        room.silence()
    }

    /// Whether somebody may pass on what the party sends.
    mutating func keepPlayed(_ areKept: Bool) { reception.keepPlayed(areKept) }

    /// What the party sent, as far as it was played out in this tick as it came.
    @inline(__always) var played: PlayedPayloads { reception.played }

    /// What the party sent in this tick can stand for a frame.
    mutating func hasAllToPass() -> Bool {
        let payloads = reception.played
        return payloads.count == 1 && payloads.duration(0) == clockRate.ticks(tickDuration)
    }

    /// ``played``, for who has the leg in an optional, see ``takeHeard()``.
    mutating func takePlayed() -> PlayedPayloads { reception.played }

    /// Whether what one party sent can be passed on to the other as it is.
    @inline(__always) func agrees(with other: MediaDescription?) -> Bool {
        other.map { $0.codec == media.codec && $0.ptime == media.ptime } ?? false
    }

    /// Sends what another party sent in the place of the frame, where that can be; otherwise the frame.
    mutating func send(passing payloads: PlayedPayloads, into queue: inout DatagramQueue, at now: Instant) {
        guard media.sends else { return transmission.endPassing(ticksPerFrame: clockRate.ticks(tickDuration)) }
        tellListener()
        if !transmission.pass(payloads, to: peer(at: now), into: &queue) { sendFrame(into: &queue, at: now) }
        if transmission.isReportDue() { report(goodbye: false, into: &queue, at: now) }
    }

    /// Sends a key that Parley presses, or the frame.
    mutating func send(_ presser: inout KeyPresser, into queue: inout DatagramQueue, at now: Instant) {
        let description = media
        makeSaidFrame()
        guard let report = presser.next(description, &saidFrame), let type = media.telephoneEventPayloadType else {
            return send(into: &queue, at: now)
        }
        if media.sends { transmission.send(report, type: type, to: peer(at: now), into: &queue) }
    }

    /// Encodes and sends the frame, and a report when one is due.
    mutating func send(into queue: inout DatagramQueue, at now: Instant) {
        guard media.sends else { return }
        tellListener()
        sendFrame(into: &queue, at: now)
        if transmission.isReportDue() { report(goodbye: false, into: &queue, at: now) }
    }

    /// What the party is told may come back.
    private mutating func tellListener() {
        if let place = saidPlace { return listener.say(place) }
        let frame = saidFrame
        listener.say(frame.span)
    }

    /// Sends the frame, as it was encoded beforehand where it was.
    private mutating func sendFrame(into queue: inout DatagramQueue, at now: Instant) {
        if let place = saidPlace, transmission.send(place, to: peer(at: now), into: &queue) { return }
        let frame = said
        transmission.send(frame.span, to: peer(at: now), into: &queue)
    }

    /// Tells the far end how its media came and what was sent.
    mutating func report(goodbye: Bool, into queue: inout DatagramQueue, at now: Instant) {
        let destination = reportAddress
        guard destination.port != 0 else { return }
        var block = reception.reportBlock()
        if var about = block {
            reports.complete(&about, at: now)
            block = about
        }
        let metrics = reception.voipMetrics(roundTrip: reports.roundTrip)
        transmission.report(
            block, metrics, ntpTimestamp: reports.ntpTimestamp(at: now), goodbye: goodbye, to: destination,
            into: &queue)
    }

    /// Where media goes.
    @inline(__always)
    private func peer(at now: Instant) -> MediaPeer {
        MediaPeer(address: latch.address, isSole: latch.isFinal(at: now))
    }

    /// Where reports go: as negotiated, or to the host that media was found to come from.
    @inline(__always) private var reportAddress: TransportAddress {
        if media.port == media.rtcpPort { return latch.address }
        guard latch.address != media.remote, media.remoteRTCP.port != 0 else { return media.remoteRTCP }
        var address = latch.address
        address.port &+= 1
        return address
    }
}
