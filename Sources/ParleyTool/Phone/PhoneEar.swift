import AudioFiles
import CallControl
import CallFlow
import Telephony

/// What a test call hears: the same jitter buffer, decoder and detectors that a call to the service goes through. The far
/// end is its caller, and nobody speaks to it.
struct PhoneEar: ~Copyable {
    private var switchboard: Switchboard
    private let call: CallID
    private var datagram: [UInt8] = []
    private var recording: AudioFileWriter?
    private let path: String?
    let media: MediaDescription

    init(_ plan: PhonePlan, _ media: MediaDescription, at now: Instant) {
        var configuration = SwitchboardConfiguration()
        configuration.hasRecogniser = false
        configuration.mediaTimeout = .seconds(24 * 3_600)
        switchboard = Switchboard(configuration)
        call = plan.call
        path = plan.recording
        self.media = media
        var generator = SystemRandomNumberGenerator()
        let start = Topic(name: "Listen", trigger: Trigger(kind: .onConversationStart), actions: [])
        // Something that may come yet keeps the conversation open.
        let keys = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        let agent = Agent(name: "phone", settings: VoiceSettings(), topics: [start, keys], environment: [:])
        switchboard.receive(
            .admit(
                Admission(
                    call: plan.call, from: plan.to, to: plan.to, startedAt: WallTime(millisecondsSince1970: 0),
                    timeZone: "UTC", agent: agent, caller: media, entropy: CallEntropy(from: &generator),
                    recordsAudio: plan.recording != nil)),
            at: now)
    }

    /// A datagram came on the line.
    mutating func receive(_ octets: Span<UInt8>, isRTCP: Bool, from source: TransportAddress, at now: Instant) {
        switchboard.receive(datagram: octets, on: isRTCP ? media.rtcpPort : media.port, from: source, at: now)
    }

    mutating func advance(to now: Instant) {
        if let due = switchboard.deadline, due <= now { switchboard.advance(to: now) }
    }

    mutating func end(at now: Instant) { switchboard.receive(.callerHungUp(call), at: now) }

    /// The facts of what was heard since it was last asked.
    ///
    /// - Throws: `AudioFileError` when the recording cannot be written.
    mutating func heard() throws -> [CallEvent] {
        while switchboard.nextDatagram(into: &datagram) != nil {}
        var facts: [CallEvent] = []
        while let output = switchboard.poll() {
            switch output {
            case .fact(let event): facts.append(event)
            case .recorded(_, let audio): try record(audio)
            default: break
            }
        }
        return facts
    }

    private mutating func record(_ audio: RecordedAudio) throws {
        guard let path else { return }
        let writer = try recording ?? AudioFileWriter(path: path, sampleRate: audio.sampleRate, channelCount: 1)
        recording = writer
        try writer.write([audio.channels[0]])
    }

    /// Gives the recording its name.
    mutating func finish() throws { try recording?.finish() }
}
