import DSP
import FrontEnd
import RTP
import Telephony

/// One party of a call: its media in and out, and what is heard of it.
struct Leg: ~Copyable {
    private let media: MediaDescription
    let sampleRate: Int
    let clockRate: ClockRate
    private var reception: Reception
    private var transmission: Transmission
    private var listener: Listener
    /// What the party was heard to say in this tick.
    private var heardFrame: [Int16]
    /// What the party is told in this tick.
    private var saidFrame: [Int16]
    /// When RTP last came.
    private(set) var lastReception: Instant
    /// Compounds received, for the record.
    private(set) var reportsReceived = 0

    init(
        _ media: MediaDescription, entropy: CallEntropy, configuration: SwitchboardConfiguration, at now: Instant
    ) throws(CodecError) {
        let reception = try Reception(media, limits: configuration.jitterBuffer)
        let transmission = try Transmission(media, entropy: entropy)
        self.media = media
        sampleRate = media.codec.sampleRate
        clockRate = media.codec.clockRate
        self.reception = reception
        self.transmission = transmission
        listener = Listener(
            configuration.frontEnd, sampleRate: media.codec.sampleRate, clockRate: media.codec.clockRate)
        heardFrame = [Int16](repeating: 0, count: media.codec.samplesPerTick)
        saidFrame = [Int16](repeating: 0, count: media.codec.samplesPerTick)
        lastReception = now
    }

    /// Media time up to which the party has been heard.
    var position: SampleTime { reception.position }
    var quality: MediaQuality { reception.quality }

    /// RTP ticks of so many samples of audio.
    func ticks(samples: Int) -> Int64 { Int64(samples) * clockRate.ticksPerSecond / Int64(sampleRate) }

    // MARK: - In

    /// Takes a datagram; says why when it took nothing of it.
    mutating func receive(
        datagram: Span<UInt8>, isRTCPPort: Bool, from source: TransportAddress, at now: Instant
    ) -> DatagramRefusal? {
        if isRTCPPort || (media.port == media.rtcpPort && RTPHeader.isRTCP(datagram)) { return receiveReport(datagram) }
        let refusal = reception.receive(datagram, at: now)
        if refusal == nil { lastReception = now }
        return refusal
    }

    private mutating func receiveReport(_ datagram: Span<UInt8>) -> DatagramRefusal? {
        var reader = RTCPReader()
        var packets = 0
        while reader.next(in: datagram) != nil { packets += 1 }
        guard packets > 0, !reader.isMalformed else { return .malformed }
        reportsReceived += 1
        return nil
    }

    mutating func infoDigit(_ digit: Digit) { listener.sipInfo(digit, at: position) }

    /// Takes the next 20 ms out of the jitter buffer.
    mutating func playOut(at now: Instant) {
        reception.play(into: &heardFrame, at: now)
    }

    /// Listens to what was played out.
    mutating func listen() {
        let start = position - ticks(samples: heardFrame.count)
        let frame = heardFrame
        listener.hear(frame.span, at: start, isConcealed: reception.isConcealing)
        while let key = reception.nextKey() { listener.telephoneEvent(key.digit, keyDown: key.keyDown) }
    }

    mutating func nextEvent() -> CallerEvent? { listener.next() }

    /// A key could have gone down in what was heard last that is not known yet: the detector follows a tone, or the
    /// frame ends too loud to be silence.
    var mayHearKey: Bool {
        if listener.mayHearTone { return true }
        var peak: Int16 = 0
        for sample in heardFrame.suffix(heardFrame.count / 2) { peak = max(peak, sample == .min ? .max : abs(sample)) }
        return peak > 300
    }

    /// A copy of what was heard, for a recogniser.
    var heardAudio: PCMAudio { PCMAudio(sampleRate: sampleRate, samples: heardFrame) }

    /// The frame heard in this tick.
    var heard: [Int16] { heardFrame }
    /// The frame said in this tick.
    var said: [Int16] { saidFrame }

    // MARK: - Out

    /// Begins the frame that is said in this tick: silence, to which its sources add.
    mutating func say(_ player: inout PromptPlayer) {
        for index in 0..<saidFrame.count { saidFrame[index] = 0 }
        player.play(into: &saidFrame)
    }

    /// Encodes and sends the frame, and a report when one is due.
    mutating func send(into queue: inout DatagramQueue) {
        let frame = saidFrame
        transmission.send(frame.span, into: &queue)
        if transmission.isReportDue() { report(goodbye: false, into: &queue) }
    }

    /// Tells the far end how its media came and what was sent.
    mutating func report(goodbye: Bool, into queue: inout DatagramQueue) {
        let block = reception.reportBlock()
        let mediaTime = clockRate.interval(ticks: position.ticks)
        transmission.report(block, mediaTime: mediaTime, goodbye: goodbye, into: &queue)
    }
}
