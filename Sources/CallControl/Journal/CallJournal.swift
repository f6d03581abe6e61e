import CallFlow
import DSP
import DequeModule
import FrontEnd
import RTP
import Telephony

/// Keeps what enters one call and what it sends, so that the call can be run again.
///
/// Entries are held back for a second, and longer while the dialog has not said whether a key is a secret: when they leave,
/// silence of equal length stands in the place of audio in which a secret may be, and the key 0 in the place of every
/// digit that was one, or of which the dialog never said that it is none. What a turn sent stands as a number that tells
/// it from anything else, and as no more than its length while a secret is said.
///
/// A class, because few calls have one; only its call has it.
final class CallJournal {
    /// An entry that has not left.
    private struct Held {
        var length: Int
        var at: Instant
        var content: Content
        /// Where, counted from the entry's own beginning, what may have to be veiled is.
        var part = 0..<0
    }

    private enum Content {
        case plain
        /// Played out about then.
        case audio(Filling, Instant)
        /// What a key said, by RFC 4733 or INFO.
        case key(Int)
    }

    /// What silence is made of.
    private enum Filling {
        case octet(UInt8)
        /// Packets of Opus say how long they are in their first octets (RFC 6716 section 3.1).
        case opus
    }

    private let begin: Instant
    private let limit: Int
    private let clockRate: ClockRate
    private var octets: [UInt8] = []
    private var held: Deque<Held> = []
    private var lastSource: [LegID: TransportAddress] = [:]
    private var writer = JournalWriter()
    private var secrets: JournalSecrets
    private var written = 0
    private var lastChunk: Instant
    /// Nothing more is kept.
    private var isStopped = false

    /// For so long every entry is held: what is found out about a key late is found out by then.
    private static let shortestHold = Interval.seconds(1)
    /// A key that the dialog has not taken for so long is veiled.
    private static let longestHold = Interval.seconds(30)
    private static let mostHeld = 1 << 20
    private static let headLength = 5

    /// - Parameter limit: octets of the journal at most.
    init(_ admission: JournaledAdmission, limit: Int) {
        begin = admission.at
        self.limit = limit
        clockRate = admission.caller.codec.clockRate
        secrets = JournalSecrets(clockRate: admission.caller.codec.clockRate)
        lastChunk = admission.at
        var body = JournalWriter()
        body.value(admission)
        append(.admission, body, .plain, at: admission.at)
    }

    // MARK: - In

    /// Where a datagram came, and when.
    struct Place {
        var leg: LegID
        var isRTCPPort: Bool
        var source: TransportAddress
        /// How much of the caller has been heard.
        var position: SampleTime
        var at: Instant
    }

    /// How a datagram came.
    struct Arrival {
        var place: Place
        var media: MediaDescription
        /// So much later what is in it will be heard.
        var delay: Interval
    }

    /// Keeps a datagram that a leg received, as it was decrypted.
    func received(_ datagram: Span<UInt8>, _ arrival: Arrival) {
        let (leg, media, now, isRTCPPort, source) = (
            arrival.place.leg, arrival.media, arrival.place.at, arrival.place.isRTCPPort, arrival.place.source
        )
        guard !isStopped else { return }
        var body = JournalWriter()
        let isSame = lastSource[leg] == source
        lastSource[leg] = source
        body.byte((isRTCPPort ? JournalFlag.rtcpPort : 0) | (isSame ? JournalFlag.sameSource : 0))
        body.value(leg)
        body.value(isRTCPPort ? media.rtcpPort : media.port)
        body.value(now - begin)
        if !isSame { body.value(source) }
        let offset = CallJournal.headLength + body.octets.count
        let isReport = isRTCPPort || (media.port == media.rtcpPort && RTPHeader.isRTCP(datagram))
        guard !isReport else {
            body.append(datagram)
            return append(.datagram, body, .plain, at: now)
        }
        guard let header = try? RTPHeader.parse(datagram), media.knows(header.payloadType) else {
            // Whatever it is, it is not heard, and nobody can tell whether it is a secret.
            for index in 0..<datagram.count { body.byte(index < RTPHeader.fixedLength ? datagram[index] : 0) }
            return append(.datagram, body, .plain, at: now)
        }
        body.append(datagram)
        let part = offset + header.payload.lowerBound..<offset + header.payload.upperBound
        append(.datagram, body, content(of: header, datagram, arrival), part, at: now)
    }

    private func content(of header: RTPHeader, _ datagram: Span<UInt8>, _ arrival: Arrival) -> Content {
        guard header.payloadType == arrival.media.telephoneEventPayloadType else {
            let heard = arrival.place.at + arrival.delay
            switch arrival.media.codec {
            case .pcmu: return .audio(.octet(0xFF), heard)
            case .pcma: return .audio(.octet(0xD5), heard)
            case .g722: return .audio(.octet(0xFA), heard)
            case .l16: return .audio(.octet(0), heard)
            case .opus: return .audio(.opus, heard)
            }
        }
        guard arrival.place.leg == .caller, let code = header.payload.first.map({ datagram[$0] }),
            let digit = Digit(code: code), digit.number != nil
        else { return .plain }
        let start = arrival.place.position + clockRate.ticks(arrival.delay)
        return .key(
            secrets.signalled(digit, .telephoneEvent, timestamp: header.timestamp, start, at: arrival.place.at))
    }

    /// Keeps anything else that enters the call.
    ///
    /// - Parameter isVeiled: other words stand in it than were said.
    func took(_ input: CallInput, isVeiled: Bool, playing position: SampleTime, at now: Instant) {
        guard !isStopped else { return }
        var body = JournalWriter()
        body.byte(isVeiled ? JournalFlag.veiled : 0)
        body.value(now - begin)
        let offset = CallJournal.headLength + body.octets.count
        body.secrets = secrets.spoken
        body.value(input)
        guard case .infoDigit(let digit, _) = input, digit.number != nil else {
            return append(.input, body, .plain, at: now)
        }
        let key = secrets.signalled(digit, .sipInfo, timestamp: nil, position, at: now)
        // Behind the octet that says what kind of input it is.
        append(.input, body, .key(key), offset + 1..<offset + 2, at: now)
    }

    // MARK: - Turns

    /// The call has had its turn.
    ///
    /// - Parameter isSecret: something secret was said to somebody.
    func turned(_ sent: [SentDatagram], isSecret: Bool, at tick: Instant) {
        guard !isStopped else { return }
        append(.tick, JournalWriter(), .plain, at: tick)
        for datagram in sent {
            var body = JournalWriter()
            body.value(datagram.port)
            body.number(datagram.length)
            body.word(isSecret ? 0 : datagram.digest)
            append(.sent, body, .plain, at: tick)
        }
    }

    // MARK: - Secrets

    /// Whether a secret is given, or told and not yet died away.
    func isGiven(_ isGiven: Bool, at tick: Instant) { secrets.isGiven(isGiven, at: tick) }

    func heard(_ digit: DigitEvent, playing position: SampleTime, at now: Instant) {
        secrets.heard(digit, playing: position, at: now)
    }

    func tonesBegan(_ digit: Digit, from start: SampleTime, playing position: SampleTime, at now: Instant) {
        secrets.tonesBegan(digit, from: start, playing: position, at: now)
    }

    func tonesEnded(_ digit: Digit, at now: Instant) { secrets.tonesEnded(digit, at: now) }

    /// The dialog has taken a key, or will take it no more.
    func settled(_ digit: DigitHeard) { secrets.settled(digit) }

    /// A key was taken that is no secret and no answer to the dialog.
    func opened(_ digit: DigitEvent) {
        secrets.settle(digit.start, digit.source, digit.digit, isSecret: false)
    }

    // MARK: - Out

    private func append(
        _ kind: JournalEntry.Kind, _ body: JournalWriter, _ content: Content, _ part: Range<Int> = 0..<0,
        at now: Instant
    ) {
        let entry = JournalEntry.framed(kind, body.octets)
        octets += entry
        held.append(Held(length: entry.count, at: now, content: content, part: part))
    }

    /// What can leave, once a second.
    func chunk(at now: Instant) -> [UInt8]? {
        guard !isStopped, now - lastChunk >= CallJournal.shortestHold else { return nil }
        lastChunk = now
        secrets.expire(at: now)
        let isFull = octets.count > CallJournal.mostHeld
        let barrier = secrets.undecidedSince
        var count = 0
        while count < held.count {
            let age = now - held[count].at
            guard age >= CallJournal.shortestHold || isFull else { break }
            if let barrier, held[count].at >= barrier, age < CallJournal.longestHold, !isFull { break }
            count += 1
        }
        let chunk = leave(count)
        if let first = held.first { secrets.forget(before: first.at) }
        guard written > limit else { return chunk.isEmpty ? nil : chunk }
        isStopped = true
        held = []
        octets = []
        return chunk + JournalEntry.octets(cut: .limit)
    }

    /// What is left at the end of the call.
    func finish(at now: Instant) -> [UInt8] {
        guard !isStopped else { return [] }
        isStopped = true
        append(.end, JournalWriter(), .plain, at: now)
        return leave(held.count)
    }

    /// Takes so many entries out, each as it may be known.
    private func leave(_ count: Int) -> [UInt8] {
        var offset = 0
        for _ in 0..<count {
            guard let entry = held.popFirst() else { break }
            veil(entry, at: offset)
            offset += entry.length
        }
        let chunk = Array(octets[..<offset])
        octets.removeSubrange(..<offset)
        written += chunk.count
        return chunk
    }

    private func veil(_ entry: Held, at offset: Int) {
        let part = offset + entry.part.lowerBound..<offset + entry.part.upperBound
        switch entry.content {
        case .plain: return
        case .key(let key):
            guard !secrets.isOpen(key) else { return }
            // Four octets an event (RFC 4733 section 2.3).
            for index in stride(from: part.lowerBound, to: part.upperBound, by: 4) where octets[index] < 10 {
                octets[index] = 0
            }
        case .audio(let filling, let heard):
            guard secrets.hidesAudio(at: heard) else { return }
            switch filling {
            case .octet(let octet): for index in part { octets[index] = octet }
            case .opus: CallJournal.silence(opus: part, in: &octets)
            }
        }
        octets[offset + CallJournal.headLength] |= JournalFlag.veiled
    }

    /// The same frames, all of them empty, and padding up to the length that was.
    private static func silence(opus part: Range<Int>, in octets: inout [UInt8]) {
        guard part.count >= 2 else { return }
        let head = octets[part.lowerBound]
        let frames: UInt8 =
            switch head & 3 {
            case 0: 1
            case 1, 2: 2
            default: max(1, octets[part.lowerBound + 1] & 0x3F)
            }
        // Code 3, one length for all frames, with padding (RFC 6716 section 3.2.5).
        octets[part.lowerBound] = head | 3
        var rest = part.count - 2
        octets[part.lowerBound + 1] = frames | (rest > 0 ? 0x40 : 0)
        for index in part.dropFirst(2) { octets[index] = 0 }
        var index = part.lowerBound + 2
        while rest > 0 {
            rest -= 1
            guard rest > 254 else {
                octets[index] = UInt8(rest)
                break
            }
            octets[index] = 255
            rest -= 254
            index += 1
        }
    }
}

extension MediaDescription {
    fileprivate func knows(_ type: UInt8) -> Bool {
        type == payloadType || type == telephoneEventPayloadType || type == comfortNoisePayloadType
    }
}
