import CallFlow
import DSP
import FrontEnd
import RTP
import Telephony

// How media, settings and times stand in a journal.

extension Interval: JournalCodable {
    /// A hundred years.
    private static let longest = Int64(3_155_760_000) * 1_000_000_000

    func write(to journal: inout JournalWriter) { journal.number(nanoseconds) }

    init(from journal: inout JournalReader) throws(JournalError) {
        let value = try journal.number()
        guard (-Interval.longest...Interval.longest).contains(value) else { throw .unknown("a time") }
        self.init(nanoseconds: value)
    }
}

extension Instant: JournalCodable {
    func write(to journal: inout JournalWriter) { journal.value(Interval(nanoseconds: nanoseconds)) }
    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(nanoseconds: try Interval(from: &journal).nanoseconds)
    }
}

extension TransportAddress: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.word(high)
        journal.word(low)
        journal.count(UInt64(port))
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init(
            high: try journal.word(), low: try journal.word(), port: UInt16(truncatingIfNeeded: try journal.count()))
    }
}

extension Port: JournalCodable {
    /// More than there are.
    private static let most: Int64 = 1 << 18

    func write(to journal: inout JournalWriter) { journal.number(Int64(rawValue)) }

    init(from journal: inout JournalReader) throws(JournalError) {
        let value = try journal.number()
        guard (0..<Port.most).contains(value) else { throw .unknown("a port") }
        self.init(Int32(truncatingIfNeeded: value))
    }
}

extension LegID: JournalCodable {
    func write(to journal: inout JournalWriter) { journal.number(rawValue) }
    init(from journal: inout JournalReader) throws(JournalError) { self.init(try journal.number(0...1 << 24)) }
}

extension Digit: JournalCodable {
    func write(to journal: inout JournalWriter) { journal.byte(code) }

    init(from journal: inout JournalReader) throws(JournalError) {
        guard let digit = Digit(code: try journal.byte()) else { throw .unknown("a key") }
        self = digit
    }
}

extension Codec: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.text(name)
        journal.number(sampleRate)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        let name = try journal.text()
        let rate = try journal.number(8_000...48_000)
        guard
            let codec = (Codec.all + [.l16(sampleRate: 24_000), .l16(sampleRate: 32_000)]).first(where: {
                $0.name == name && $0.sampleRate == rate
            })
        else { throw .unknown("a codec") }
        self = codec
    }
}

/// The keys of SRTP are in no journal: packets stand there as they were decrypted, and what was sent is told apart as it
/// was before it was encrypted.
extension MediaDescription: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.value(codec)
        journal.byte(payloadType)
        journal.optional(telephoneEventPayloadType) { $0.byte($1) }
        journal.optional(telephoneEventRate) { $0.number($1) }
        journal.value(port)
        journal.value(rtcpPort)
        journal.value(remote)
        journal.value(remoteRTCP)
        journal.optional(comfortNoisePayloadType) { $0.byte($1) }
        journal.number(ptime)
        journal.flag(sourceRule == .latching)
        journal.flag(keys != nil || comesDecrypted)
        journal.flag(sends)
        journal.flag(receives)
        journal.flag(sendsVoIPMetrics)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        let codec: Codec = try journal.value()
        let payloadType = try journal.byte() & 0x7F
        let event = try journal.optional { (journal) throws(JournalError) in try journal.byte() & 0x7F }
        let rate = try journal.optional { (journal) throws(JournalError) in try journal.number(1...192_000) }
        self.init(
            codec: codec, payloadType: payloadType, telephoneEventPayloadType: event, port: try journal.value(),
            rtcpPort: try journal.value(), remote: try journal.value(), remoteRTCP: try journal.value())
        telephoneEventRate = rate
        comfortNoisePayloadType = try journal.optional { (journal) throws(JournalError) in try journal.byte() & 0x7F }
        ptime = try journal.number(0...1_000)
        sourceRule = try journal.flag() ? .latching : .negotiated
        comesDecrypted = try journal.flag()
        sends = try journal.flag()
        receives = try journal.flag()
        sendsVoIPMetrics = try journal.flag()
    }
}

extension FrontEndProfile: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.number(prefixPaddingInMilliseconds)
        journal.number(speechEndTimeoutInMilliseconds)
        journal.fraction(audioThreshold)
        journal.number(minimumSpeechInMilliseconds)
        journal.flag(cancelsEcho)
        journal.number(echoTailInMilliseconds)
        journal.flag(hearsInBandDigits)
        journal.flag(hearsCallProgress)
        journal.flag(detectsAnsweringMachines)
        journal.number(greetingInMilliseconds)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init()
        prefixPaddingInMilliseconds = try journal.number(0...2_000)
        speechEndTimeoutInMilliseconds = try journal.number(100...5_000)
        audioThreshold = try journal.fraction(0...1)
        minimumSpeechInMilliseconds = try journal.number(20...1_000)
        cancelsEcho = try journal.flag()
        echoTailInMilliseconds = try journal.number(16...512)
        hearsInBandDigits = try journal.flag()
        hearsCallProgress = try journal.flag()
        detectsAnsweringMachines = try journal.flag()
        greetingInMilliseconds = try journal.number(500...10_000)
    }
}

/// Of a shard's settings those that say how a call goes.
extension SwitchboardConfiguration: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.value(frontEnd)
        journal.value(jitterBuffer.initialDelay)
        journal.value(jitterBuffer.minimumDelay)
        journal.value(jitterBuffer.maximumDelay)
        journal.flag(sendsRecognitionAudio)
        journal.flag(hasRecogniser)
        journal.value(mediaTimeout)
        journal.value(longestCall)
        journal.optional(deadAirLimit)
        journal.optional(holdMusic)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        self.init()
        frontEnd = try journal.value()
        jitterBuffer.initialDelay = try SwitchboardConfiguration.delay(from: &journal)
        jitterBuffer.minimumDelay = try SwitchboardConfiguration.delay(from: &journal)
        jitterBuffer.maximumDelay = try SwitchboardConfiguration.delay(from: &journal)
        guard jitterBuffer.minimumDelay <= jitterBuffer.initialDelay,
            jitterBuffer.initialDelay <= jitterBuffer.maximumDelay
        else { throw .unknown("a jitter buffer") }
        sendsRecognitionAudio = try journal.flag()
        hasRecogniser = try journal.flag()
        mediaTimeout = try journal.value()
        longestCall = try journal.value()
        deadAirLimit = try journal.optional()
        holdMusic = try journal.optional()
    }

    private static func delay(from journal: inout JournalReader) throws(JournalError) -> Interval {
        .milliseconds(Int64(try Interval(from: &journal).milliseconds).clamped(to: 0...1_000))
    }
}

extension Int64 {
    fileprivate func clamped(to bounds: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, bounds.lowerBound), bounds.upperBound)
    }
}

extension CallEntropy: JournalCodable {
    func write(to journal: inout JournalWriter) {
        journal.count(UInt64(ssrc))
        journal.count(UInt64(firstSequenceNumber))
        journal.count(UInt64(firstTimestamp))
        journal.word(dialogSeed)
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        var generator = SeededGenerator(seed: 0)
        self.init(from: &generator)
        ssrc = UInt32(truncatingIfNeeded: try journal.count())
        firstSequenceNumber = UInt16(truncatingIfNeeded: try journal.count())
        firstTimestamp = UInt32(truncatingIfNeeded: try journal.count())
        dialogSeed = try journal.word()
    }
}
