import CallControl
import RTP
import Replay
import Telephony
import Transport

/// The caller of a test call: audio and keys as the script has them, sent as RTP on a live line, through a network that may
/// be a bad one.
struct PhoneVoice: ~Copyable {
    private(set) var caller: Caller
    private var network: Network
    /// `nil` for plain RTP.
    private var cipher: SRTPContext?
    private let media: MediaDescription
    private var presses = 0
    private var utterances = 0
    private var openUtterance: Interval?

    init(_ plan: PhonePlan, _ media: MediaDescription, at now: Instant) throws {
        var generator = SeededGenerator(seed: .random(in: 0 ... .max))
        let caller = try Caller(
            Caller.Line(
                codec: .pcmu, keys: plan.keys, echo: nil, driftInPPM: plan.network.driftInPPM, script: plan.steps,
                number: 0, media: media),
            startingAt: now, entropy: &generator, keepsHeard: false)
        let network = Network(plan.network, seed: generator.next())
        let cipher: SRTPContext?
        if let keys = media.keys { cipher = try SRTPContext(keys.outbound, .outbound) } else { cipher = nil }
        self.caller = caller
        self.network = network
        self.cipher = cipher
        self.media = media
    }

    /// Does what the script has for now.
    ///
    /// - Returns: what does not travel as RTP.
    mutating func act(at now: Instant) -> [Caller.Signal] {
        var signals: [Caller.Signal] = []
        while let due = caller.deadline, due <= now {
            if let signal = caller.act(into: &network, at: now) { signals.append(signal) }
        }
        return signals
    }

    /// Something was heard that a step may wait for.
    mutating func observe(_ event: CallEvent, at now: Instant) { caller.observe(event, at: now) }

    /// Sends what the network lets through.
    mutating func send(on sockets: borrowing MediaSockets, at now: Instant) {
        while let next = network.receive(at: now) {
            guard media.sends else { continue }
            let isMuxed = media.rtcpPort == media.port
            let port = next.isRTCP && !isMuxed ? media.rtcpPort : media.port
            let target = next.isRTCP && !isMuxed ? media.remoteRTCP : media.remote
            guard let packet = protected(next.bytes, isRTCP: next.isRTCP) else { continue }
            packet.withUnsafeBytes { _ = sockets.send($0, to: target, on: Int(port.rawValue)) }
        }
    }

    /// The packet as it goes out; `nil` when it cannot be encrypted.
    private mutating func protected(_ plain: [UInt8], isRTCP: Bool) -> [UInt8]? {
        guard cipher != nil else { return plain }
        var packet = plain + [UInt8](repeating: 0, count: SRTPContext.longestTrailer)
        var span = packet.mutableSpan
        guard let length = cipher?.protect(&span, count: plain.count, isRTCP: isRTCP) else { return nil }
        packet.removeLast(packet.count - length)
        return packet
    }

    /// What the caller did since it was last asked, in media time from an origin.
    mutating func deeds(since origin: Instant, at now: Instant) -> [CallEventBody] {
        var bodies: [CallEventBody] = []
        for press in caller.presses.dropFirst(presses) {
            bodies.append(
                .digit(
                    DigitHeard(
                        digit: .open("\(press.digit)"), source: press.method.source,
                        start: (press.at - origin).roundedSeconds)))
        }
        presses = caller.presses.count
        if let end = openUtterance, let spoken = caller.spoken.last, now - Instant.zero >= end {
            bodies.append(
                .speechEnded(
                    SpeechEnded(
                        start: seconds(spoken.start, origin), end: seconds(spoken.end, origin))))
            openUtterance = nil
        }
        if caller.spoken.count > utterances, let spoken = caller.spoken.last {
            utterances = caller.spoken.count
            openUtterance = spoken.end
            bodies.append(.speechStarted(SpeechStarted(start: seconds(spoken.start, origin))))
        }
        return bodies
    }

    private func seconds(_ time: Interval, _ origin: Instant) -> Double {
        (time - (origin - Instant.zero)).roundedSeconds
    }
}

extension KeyMethod {
    /// How a key that is sent so is heard.
    fileprivate var source: DigitSource {
        switch self {
        case .telephoneEvent, .both: .telephoneEvent
        case .inBand: .inBand
        case .sipInfo: .sipInfo
        }
    }
}
