package import CallControl
import DSP
import Foundation
import RTP
package import Telephony

/// The caller of a replay, or another party of it: audio and keys become RTP on a clock of the party's own, which may
/// drift.
package struct Caller: ~Copyable {
    /// Something that does not travel as RTP.
    package enum Signal {
        case infoDigit(Digit)
        case hangUp
        case command(PartyCommand)
    }

    /// What makes a party's line.
    package struct Line {
        package var codec: CodecChoice
        package var keys: KeyMethod
        package var echo: LineEcho?
        package var driftInPPM: Double
        package var script: [CallerStep]
        /// The party's number in its call: its ports are 2n and 2n + 1. The caller's is 0.
        package var number: Int
        /// What offer and answer settled on a live line; `nil` settles it here.
        package var media: MediaDescription?

        package init(
            codec: CodecChoice, keys: KeyMethod, echo: LineEcho?, driftInPPM: Double, script: [CallerStep],
            number: Int, media: MediaDescription? = nil
        ) {
            self.codec = codec
            self.keys = keys
            self.echo = echo
            self.driftInPPM = driftInPPM
            self.script = script
            self.number = number
            self.media = media
        }
    }

    /// A key that went down.
    package struct Press: Sendable {
        package var digit: Digit
        package var method: KeyMethod
        package var at: Instant
    }

    /// What offer and answer would have settled.
    let offer: MediaDescription
    private let defaultMethod: KeyMethod
    private var script: CallerScript
    private var clock: CallerClock
    private var line: CallerLine
    private var ear: CallerEar?
    private var echo: CallerEcho?
    private var activity = Activity.none
    private var frame: [Int16]
    /// What the caller has said so far, for the recogniser.
    package private(set) var spoken: [ScriptedRecogniser.Spoken] = []
    /// The keys that went down so far.
    package private(set) var presses: [Press] = []

    /// What the caller is doing.
    private enum Activity {
        case none
        case speaking(PCMAudio, position: Int)
        case pressing(KeySequence)
        case staying(until: Instant)
    }

    /// - Throws: `CodecError` when the call's codec cannot be opened.
    package init(
        _ party: Line, startingAt start: Instant = .zero, entropy: inout SeededGenerator, keepsHeard: Bool
    ) throws {
        let chosen = party.codec.codec(speechRate: party.script.lazy.compactMap(\.speechRate).first)
        let codec = party.media?.codec ?? chosen
        let port = 2 * party.number
        let offer =
            party.media
            ?? MediaDescription(
                codec: codec, payloadType: codec.staticPayloadType ?? 96, telephoneEventPayloadType: 101,
                port: Port(Int32(port)), rtcpPort: Port(Int32(port + 1)),
                remote: TransportAddress(ipv4: 0x7F00_0001, port: UInt16(40_000 + port)),
                remoteRTCP: TransportAddress(ipv4: 0x7F00_0001, port: UInt16(40_001 + port)))
        let steps = try party.script.map { try $0.resampled(to: codec.sampleRate) }
        let line = try CallerLine(offer, entropy: &entropy)
        let ear = keepsHeard || party.echo != nil ? try CallerEar(offer, keepsHeard: keepsHeard) : nil
        echo = party.echo.map { CallerEcho($0, sampleRate: codec.sampleRate) }
        self.offer = offer
        script = CallerScript(steps, startingAt: start)
        defaultMethod = party.keys
        clock = CallerClock(driftInPPM: party.driftInPPM, startingAt: start)
        self.line = line
        self.ear = ear
        frame = [Int16](repeating: 0, count: codec.samplesPerTick)
    }

    /// The next time at which the caller does something.
    package var deadline: Instant? {
        var due = clock.nextTick
        if case .none = activity, let begin = script.deadline, begin < due { due = begin }
        return due
    }

    package var pendingStep: CallerStep? { script.pendingStep }
    /// Every step is done.
    package var isDone: Bool { script.isDone }

    /// Something happened on the call.
    package mutating func observe(_ event: CallEvent, at now: Instant) { script.observe(event, at: now) }

    /// Hears a datagram from Parley.
    mutating func hear(_ datagram: [UInt8]) {
        guard let heard = ear?.hear(datagram.span) else { return }
        echo?.hear(heard)
    }

    /// The packets of keys that were sent, by their number in the network.
    var keyPackets: [(digit: Digit, packet: Int)] { line.keyPackets }

    /// All that was heard.
    mutating func takeHeard() -> [Int16] { ear?.takeHeard() ?? [] }

    /// Does what is due: begins steps, and sends the packet of every tick of the caller's clock.
    package mutating func act(into network: inout Network, at now: Instant) -> Signal? {
        if let signal = beginStep(at: now) { return signal }
        guard clock.nextTick <= now else { return nil }
        clock.advance()
        return sendTick(into: &network, at: now)
    }

    private mutating func beginStep(at now: Instant) -> Signal? {
        guard case .none = activity, let action = script.begin(at: now) else { return nil }
        switch action {
        case .hangUp: return .hangUp
        case .command(let command):
            script.finish(at: now)
            return .command(command)
        case .stayOnTheLine(let time): activity = .staying(until: now + time)
        case .speak(let speech):
            activity = .speaking(speech.audio, position: 0)
            let start = now - Instant.zero
            let length = Interval(nanoseconds: Int64(speech.audio.durationInSeconds * 1e9))
            spoken.append(
                ScriptedRecogniser.Spoken(
                    start: start, end: start + length, words: speech.words, confidence: speech.confidence))
        case .press(let digits, let method, let duration, let gap):
            activity = .pressing(KeySequence(digits, method ?? defaultMethod, duration, gap, startingAt: now))
        }
        return nil
    }

    private mutating func sendTick(into network: inout Network, at now: Instant) -> Signal? {
        for index in 0..<frame.count { frame[index] = 0 }
        var sendsAudio = true
        var signal: Signal?
        switch activity {
        case .none: break
        case .staying(let end): if now >= end { finishStep(at: now) }
        case .speaking(let audio, let position): speak(audio, from: position, at: now)
        case .pressing(var keys):
            sendsAudio = keys.send(on: &line, frame: &frame, into: &network, codec: offer.codec, at: now)
            if let digit = keys.takePressed() { presses.append(Press(digit: digit, method: keys.method, at: now)) }
            signal = keys.takeInfoDigit().map { .infoDigit($0) }
            activity = .pressing(keys)
            if keys.isDone(at: now) { finishStep(at: now) }
        }
        if sendsAudio { echo?.add(to: &frame) }
        line.tick(sendsAudio ? frame : nil, into: &network, at: now)
        return signal
    }

    private mutating func speak(_ audio: PCMAudio, from position: Int, at now: Instant) {
        let count = min(frame.count, audio.samples.count - position)
        for index in 0..<count { frame[index] = audio.samples[position + index] }
        activity = .speaking(audio, position: position + count)
        if position + count == audio.samples.count { finishStep(at: now) }
    }

    private mutating func finishStep(at now: Instant) {
        activity = .none
        script.finish(at: now)
    }
}

/// The clock of a caller, whose tick of 20 ms is a little longer or shorter than Parley's.
private struct CallerClock {
    private let ticksPerSecond: Double
    private var ticks: Int64 = 0
    private let origin: Instant
    private(set) var nextTick: Instant

    init(driftInPPM: Double, startingAt start: Instant) {
        ticksPerSecond = 50 * (1 + driftInPPM / 1_000_000)
        origin = start
        nextTick = start
    }

    mutating func advance() {
        ticks += 1
        nextTick = origin + Interval(nanoseconds: Int64((Double(ticks) / ticksPerSecond * 1_000_000_000).rounded()))
    }
}

/// Keys being pressed one after the other.
private struct KeySequence {
    private var digits: ArraySlice<Digit>
    let method: KeyMethod
    private let duration: Interval
    private let gap: Interval
    private var sender: TelephoneEventSender?
    private var tone: ToneGenerator?
    private var infoDigit: Digit?
    private var pressed: Digit?
    private var keyUp: Instant
    private var nextKey: Instant

    init(_ digits: [Digit], _ method: KeyMethod, _ duration: Interval, _ gap: Interval, startingAt now: Instant) {
        self.digits = digits[...]
        self.method = method
        self.duration = duration
        self.gap = gap
        keyUp = now
        nextKey = now
    }

    /// The last key is up, and the end of its event was said three times.
    func isDone(at now: Instant) -> Bool { digits.isEmpty && sender == nil && tone == nil && now >= keyUp }

    /// The key that went down with the last tick, if one did.
    mutating func takePressed() -> Digit? {
        defer { pressed = nil }
        return pressed
    }

    mutating func takeInfoDigit() -> Digit? {
        defer { infoDigit = nil }
        return infoDigit
    }

    /// Does a tick of pressing; returns whether audio is sent with it.
    mutating func send(
        on line: inout CallerLine, frame: inout [Int16], into network: inout Network, codec: Codec, at now: Instant
    ) -> Bool {
        if sender == nil, tone == nil, now >= nextKey, let digit = digits.popFirst() {
            begin(digit, codec: codec, on: &line, at: now)
        }
        var sendsAudio = true
        if var current = sender {
            if let report = current.next() {
                line.report(report, into: &network, at: now)
                sendsAudio = method == .both || current.isUp
                sender = current
            } else {
                sender = nil
            }
        }
        if tone != nil {
            KeySequence.add(&tone, to: &frame)
            if now + tickDuration >= keyUp { tone = nil }
        }
        return sendsAudio
    }

    private static func add(_ tone: inout ToneGenerator?, to frame: inout [Int16]) {
        var span = frame.mutableSpan
        tone?.add(to: &span)
    }

    private mutating func begin(_ digit: Digit, codec: Codec, on line: inout CallerLine, at now: Instant) {
        pressed = digit
        keyUp = now + duration
        nextKey = keyUp + gap
        if method == .telephoneEvent || method == .both {
            sender = TelephoneEventSender(digit, duration: duration, clockRate: codec.clockRate)
            line.beginEvent()
        }
        if method == .sipInfo { infoDigit = digit }
        if method == .inBand || method == .both { tone = ToneGenerator(digit, sampleRate: codec.sampleRate) }
    }
}

/// The caller's end of the RTP stream.
private struct CallerLine: ~Copyable {
    private let offer: MediaDescription
    private var encoder: AudioEncoder
    private let ssrc: UInt32
    private var sequenceNumber: UInt16
    private var timestamp: UInt32
    private var eventTimestamp: UInt32 = 0
    private var isTalkspurt = false
    private var ticksToReport = 250
    private var packetCount: UInt32 = 0
    private var octetCount: UInt32 = 0
    private var bytes: [UInt8]
    /// The packets of keys, by their number in the network.
    private(set) var keyPackets: [(digit: Digit, packet: Int)] = []

    init(_ offer: MediaDescription, entropy: inout SeededGenerator) throws {
        let encoder = try AudioEncoder(offer.codec)
        self.offer = offer
        self.encoder = encoder
        ssrc = UInt32(truncatingIfNeeded: entropy.next())
        sequenceNumber = UInt16(truncatingIfNeeded: entropy.next())
        timestamp = UInt32(truncatingIfNeeded: entropy.next())
        bytes = [UInt8](repeating: 0, count: RTPHeader.fixedLength + offer.codec.longestPayload)
    }

    /// A key goes down with this tick: its event has this tick's timestamp throughout.
    mutating func beginEvent() { eventTimestamp = timestamp }

    mutating func report(_ report: TelephoneEventSender.Report, into network: inout Network, at now: Instant) {
        let header = RTPHeader(
            marker: report.marker, payloadType: offer.telephoneEventPayloadType ?? 101,
            sequenceNumber: sequenceNumber, timestamp: eventTimestamp, ssrc: ssrc)
        var packet = [UInt8](repeating: 0, count: RTPHeader.fixedLength + TelephoneEvent.length)
        var span = packet.mutableSpan
        header.write(into: &span)
        report.event.write(into: &span, at: RTPHeader.fixedLength)
        sequenceNumber &+= 1
        if let digit = Digit(code: report.event.code) { keyPackets.append((digit, network.sentPackets)) }
        network.send(packet, at: now)
    }

    /// Sends the tick's audio, if any, and lets the timestamp go on.
    mutating func tick(_ frame: [Int16]?, into network: inout Network, at now: Instant) {
        if let frame {
            let header = RTPHeader(
                marker: !isTalkspurt, payloadType: offer.payloadType, sequenceNumber: sequenceNumber,
                timestamp: timestamp, ssrc: ssrc)
            let length = CallerLine.write(header, frame, with: &encoder, into: &bytes)
            network.send(Array(bytes[..<length]), at: now)
            sequenceNumber &+= 1
            packetCount &+= 1
            octetCount &+= UInt32(length - RTPHeader.fixedLength)
        }
        isTalkspurt = frame != nil
        timestamp &+= UInt32(offer.codec.clockRate.ticks(tickDuration))
        ticksToReport -= 1
        if ticksToReport == 0 { sendReport(into: &network, at: now) }
    }

    private static func write(
        _ header: RTPHeader, _ frame: [Int16], with encoder: inout AudioEncoder, into bytes: inout [UInt8]
    ) -> Int {
        var span = bytes.mutableSpan
        header.write(into: &span)
        return RTPHeader.fixedLength + encoder.encode(frame.span, into: &span, at: RTPHeader.fixedLength)
    }

    private mutating func sendReport(into network: inout Network, at now: Instant) {
        ticksToReport = 250
        var packet = [UInt8](repeating: 0, count: RTCPWriter.longestCompound)
        var span = packet.mutableSpan
        let sender = RTCPPacket.SenderReport(
            ssrc: ssrc, ntpTimestamp: UInt64(now.nanoseconds / 1_000_000_000) << 32, rtpTimestamp: timestamp,
            packetCount: packetCount, octetCount: octetCount)
        var parts = RTCPWriter.Parts(ssrc: ssrc, canonicalName: Array("caller".utf8))
        parts.sender = sender
        let length = RTCPWriter.write(parts, into: &span)
        network.send(Array(packet[..<length]), isRTCP: true, at: now)
    }
}

/// What comes back of what the caller hears.
private struct CallerEcho {
    private let gain: Double
    /// What was heard and has not come back yet, behind the silence of the delay.
    private var waiting: [Int16]
    private var position = 0

    init(_ echo: LineEcho, sampleRate: Int) {
        gain = Foundation.pow(10, -echo.returnLossInDB / 20)
        waiting = [Int16](repeating: 0, count: Int(ClockRate(Int64(sampleRate)).ticks(echo.delay)))
    }

    mutating func hear(_ samples: ArraySlice<Int16>) { waiting += samples }

    /// Adds what comes back to what the caller says.
    mutating func add(to frame: inout [Int16]) {
        guard waiting.count - position >= frame.count else { return }
        for index in 0..<frame.count {
            let echo = (gain * Double(waiting[position + index])).rounded()
            frame[index] = Int16(clamping: Int(frame[index]) + Int(echo))
        }
        position += frame.count
        guard position > 48_000 else { return }
        waiting.removeFirst(position)
        position = 0
    }
}

/// What the caller hears: Parley's packets decoded, one after the other.
private struct CallerEar: ~Copyable {
    private let payloadType: UInt8
    private var decoder: AudioDecoder
    private var room: [Int16]
    private let keepsHeard: Bool
    private var heard: [Int16] = []

    init(_ offer: MediaDescription, keepsHeard: Bool) throws {
        let decoder = try AudioDecoder(offer.codec)
        payloadType = offer.payloadType
        self.keepsHeard = keepsHeard
        room = [Int16](repeating: 0, count: decoder.longestOutput)
        self.decoder = decoder
    }

    /// Decodes a packet; gives its samples.
    mutating func hear(_ datagram: Span<UInt8>) -> ArraySlice<Int16> {
        guard !RTPHeader.isRTCP(datagram), let header = try? RTPHeader.parse(datagram),
            header.payloadType == payloadType
        else { return [] }
        let count = CallerEar.decode(datagram.extracting(header.payload), with: &decoder, into: &room)
        if keepsHeard { heard.append(contentsOf: room[..<count]) }
        return room[..<count]
    }

    private static func decode(
        _ payload: Span<UInt8>, with decoder: inout AudioDecoder, into room: inout [Int16]
    ) -> Int {
        var span = room.mutableSpan
        return decoder.decode(payload, into: &span) ?? 0
    }

    mutating func takeHeard() -> [Int16] {
        defer { heard = [] }
        return heard
    }
}

extension CallerStep {
    fileprivate var speechRate: Int? {
        if case .speak(let speech) = action { speech.audio.sampleRate } else { nil }
    }

    /// The step with its audio at the line's sample rate.
    fileprivate func resampled(to rate: Int) throws -> CallerStep {
        guard case .speak(var speech) = action else { return self }
        speech.audio = try speech.audio.resampled(to: rate)
        var step = self
        step.action = .speak(speech)
        return step
    }
}

extension CodecChoice {
    /// The codec itself; linear PCM goes at the rate of the caller's audio where that is one of the usual ones.
    fileprivate func codec(speechRate: Int?) -> Codec {
        switch self {
        case .pcmu: .pcmu
        case .pcma: .pcma
        case .g722: .g722
        case .opus: .opus
        case .l16: .l16(sampleRate: [8_000, 16_000, 48_000].contains(speechRate ?? 0) ? speechRate ?? 8_000 : 8_000)
        }
    }
}
