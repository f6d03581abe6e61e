import CallFlow
import DSP
import FrontEnd
import Telephony

/// A leg that a call grew: dialled, ringing, and with media once it has any.
///
/// A class, because few calls have any and a leg is large; only its call has it.
final class JoinedLeg {
    enum State {
        case dialling
        case ringing
        /// The far end sends media before the answer.
        case early
        /// Answered; the party is told something before the others hear it.
        case whispering
        case connected
    }

    let id: LegID
    let plan: DialPlan
    var state = State.dialling
    var participation: Participation
    /// When it has rung for long enough.
    let ringEnds: Instant
    /// Its media; `nil` until there is any.
    var leg: Leg?
    /// Of ``leg``.
    private var sampleRate = 8_000
    /// What its party is told, apart from what the others say.
    var player: PromptPlayer
    var background = Background()
    /// Presses keys that the far end waits for.
    private var presser: KeyPresser?
    /// The one who hears that it rings.
    var ringsFor: LegID?
    /// Since when the far end may send media before the answer.
    private var earlySince: Instant?
    /// Its party was heard to say something.
    private var hasSpoken = false
    /// Whether it speaks is judged by the level alone.
    private var isHeardByLevel = false
    /// How long a party who has not said a word may still be a machine that answers with tones.
    private static let longestAnswer = Interval.seconds(10)
    /// What its party says is recorded, since it is connected.
    var recorder: LegRecorder?
    /// The ports that ``leg`` has.
    var media: MediaDescription?
    /// A smoothed level, by which the loudest are chosen.
    var loudness: Int64 = 0

    init(_ id: LegID, _ plan: DialPlan, ringsFor listener: LegID?, at now: Instant) {
        self.id = id
        self.plan = plan
        ringsFor = listener
        participation = plan.participation
        ringEnds = now + plan.ringTimeout
        player = PromptPlayer(sampleRate: 8_000)
    }

    /// Speaks and hears.
    var isConnected: Bool {
        if case .connected = state { true } else { false }
    }

    /// What the party said in this tick.
    var heard: (frame: [Int16], sampleRate: Int)? {
        guard let frame = leg?.takeHeard() else { return nil }
        return (frame, sampleRate)
    }

    /// Whether what the party says reaches another.
    func isHeard(by other: LegID, _ place: Participation) -> Bool {
        isConnected && participation.isHeard(by: other, who: place)
    }

    /// The listener is to hear what the far end sends before its answer.
    func isEarlyMediaFor(_ listener: LegID) -> Bool {
        guard case .early = state, ringsFor == listener else { return false }
        return plan.ringback == .farEnd
    }

    /// Nothing but what others say is in what the party is told.
    var hearsOthersAlone: Bool { player.isIdle && !background.isPlaying && presser == nil }

    /// The far end may send media before the answer from now on (RFC 3960 section 3).
    func beginEarly(at now: Instant) {
        state = .early
        earlySince = now
    }

    /// The far end's own media has come, of which the listener hears what it says in the place of ring-back: told once. A
    /// session description without media behind it changes nothing.
    func takesOverRinging() -> Bool {
        guard case .early = state, plan.ringback == .farEnd, let since = earlySince,
            leg?.lastReception ?? since > since
        else { return false }
        earlySince = nil
        return true
    }

    /// What a tone of the network says of the leg where its trunk signals nothing: busy, or out of reach, as long as nobody
    /// has spoken; and afterwards that the far end is gone.
    ///
    /// - Returns: `nil` for a tone that changes nothing.
    func end(by tone: CallProgressTone) -> LegEndReason? {
        switch tone {
        case .busy: hasSpoken ? .hungUp : .busy
        case .congestion: hasSpoken ? .hungUp : .failed
        case .unobtainable, .sit, .sitIntercept, .sitVacant, .sitReorder, .sitNoCircuit: hasSpoken ? nil : .failed
        case .dialTone, .ringBack, .faxCalling, .modemAnswer, .modemAnswerReversing, .modemAnswerModulated, .beep,
            .answeringMachine:
            nil
        }
    }

    /// Presses the keys of its plan: the far end has answered.
    func pressKeys() { presser = KeyPresser(plan.dtmfSequence) }

    /// Presses a key that another party pressed.
    func press(_ digit: Digit) {
        if presser == nil { presser = KeyPresser(relaying: digit) } else { presser?.relay(digit) }
    }

    /// Sends a key that is being pressed, or the frame.
    func send(into queue: inout DatagramQueue, at now: Instant) {
        guard var keys = presser else {
            leg?.send(into: &queue, at: now)
            return
        }
        leg?.send(&keys, into: &queue, at: now)
        presser = keys.isDone ? nil : keys
    }

    /// The party has answered, and nothing waits for what it says: how long it speaks is enough to know.
    var isOnlyTimed: Bool { hasSpoken || (leg?.time ?? .zero) > JoinedLeg.longestAnswer }

    /// Listens to what was played out.
    func listen(byLevel: Bool) {
        isHeardByLevel = byLevel
        leg?.listen(byLevel: byLevel)
    }

    /// The party was heard to speak; what the level says may have been a tone.
    func spoke() { hasSpoken = hasSpoken || !isHeardByLevel }

    /// Begins the frame that the party is told: its own prompts and music.
    func say() { leg?.say(&player, over: &background) }

    /// Adds what another says to what the party is told.
    func hear(_ frame: [Int16]) { leg?.add(frame) }

    /// Has not answered.
    var isCalling: Bool {
        switch state {
        case .dialling, .ringing, .early: true
        case .whispering, .connected: false
        }
    }

    /// Its media begins, or changes from early to final.
    func open(
        _ media: MediaDescription, entropy: CallEntropy, configuration: SwitchboardConfiguration, at now: Instant
    ) throws(CodecError) {
        guard leg == nil else {
            guard leg?.renegotiate(media, at: now) == true else {
                throw CodecError(description: "the leg's media cannot change its sample rate")
            }
            self.media = media
            return
        }
        leg = try Leg(media, entropy: entropy, configuration: configuration, at: now)
        sampleRate = media.codec.sampleRate
        player = PromptPlayer(sampleRate: sampleRate)
        self.media = media
    }
}

/// Audio that is played again and again under what a party hears: music on hold, ring-back.
struct Background {
    private enum Source {
        case none
        case tone
        case prompt(PromptSource)
    }

    private var source = Source.none
    private var audio: PCMAudio?
    private var position = 0
    /// Rises with each change, so that audio which comes late is not taken for another's.
    private(set) var generation: UInt64 = 0

    var isPlaying: Bool { audio != nil }

    /// Plays nothing.
    mutating func stop() {
        source = .none
        audio = nil
        generation &+= 1
    }

    /// Plays the ring-back tone of North America.
    mutating func ring(sampleRate: Int) {
        if case .tone = source { return }
        source = .tone
        generation &+= 1
        position = 0
        audio = Background.ringback(sampleRate: sampleRate)
    }

    /// Plays a prompt again and again, once its audio is there.
    ///
    /// - Returns: whether the audio has to be asked for.
    mutating func play(_ prompt: PromptSource) -> Bool {
        if case .prompt(prompt) = source { return false }
        source = .prompt(prompt)
        generation &+= 1
        audio = nil
        position = 0
        return true
    }

    mutating func provide(_ new: PCMAudio, generation: UInt64) {
        guard generation == self.generation & 0xFFFF, case .prompt = source, !new.samples.isEmpty else { return }
        audio = new
        position = 0
    }

    /// Plays a frame that is a part of the audio as it is.
    ///
    /// - Returns: `nil` when the frame has to be made by ``add(to:)``.
    mutating func nextWhole(_ count: Int) -> PromptPlace? {
        guard let audio, position + count < audio.samples.count else { return nil }
        position += count
        return PromptPlace(audio: audio, position: position - count, count: count)
    }

    /// Adds the next stretch to a frame.
    mutating func add(to frame: inout [Int16]) {
        guard let audio else { return }
        let samples = audio.samples
        var offset = 0
        while offset < frame.count {
            let count = min(frame.count - offset, samples.count - position)
            var room = frame.mutableSpan
            room.mix(adding: samples.span.extracting(position..<position + count), at: offset)
            offset += count
            position += count
            if position == samples.count { position = 0 }
        }
    }

    /// One round: 440 and 480 Hz, 2 s on, 4 s off, -19 dBm0 each.
    private static func ringback(sampleRate: Int) -> PCMAudio {
        var samples = [Int16](repeating: 0, count: sampleRate * 6)
        var tone = ToneGenerator(
            Tone(.init(frequency: 440, levelInDBm0: -19), .init(frequency: 480, levelInDBm0: -19)),
            sampleRate: sampleRate, cadence: .once(.seconds(2)))
        var room = samples.mutableSpan
        tone.add(to: &room)
        return PCMAudio(sampleRate: sampleRate, samples: samples)
    }
}
