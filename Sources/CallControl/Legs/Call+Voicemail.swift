import CallFlow
import DSP
import Telephony

/// A message that the caller leaves: greeting, tone, and then what is said until silence, a key or the limit.
struct Voicemail {
    let plan: VoicemailPlan
    /// The tone is over since then, on the caller's stream.
    var start: SampleTime?
    private var isSpeaking = false
    private(set) var hasSpoken = false
    /// The end of what was said last.
    private var lastSound = SampleTime(ticks: .min)

    init(_ plan: VoicemailPlan) { self.plan = plan }

    mutating func speechStarted() {
        guard start != nil else { return }
        isSpeaking = true
        hasSpoken = true
    }

    mutating func speechEnded(at end: SampleTime) {
        guard start != nil else { return }
        isSpeaking = false
        lastSound = end
    }

    /// Why it is over at a position; `nil` while it goes on.
    func end(at position: SampleTime, _ rate: ClockRate) -> VoicemailEnd? {
        guard let start else { return nil }
        if position - start >= rate.ticks(plan.longest) { return .limit }
        if !isSpeaking, position - max(start, lastSound) >= rate.ticks(plan.silence) { return .silence }
        return nil
    }
}

// The message itself lies in the recording of the call; what is told of it is where.

extension Call {
    /// The tone: 400 ms of 1000 Hz.
    private static let tone = Tone(.init(frequency: 1_000, levelInDBm0: -15))
    private static let toneLength = Interval.milliseconds(400)

    mutating func beginVoicemail(_ plan: VoicemailPlan) {
        guard handover?.leg == nil, handover?.voicemail == nil else { return }
        handover?.wait = nil
        handover?.voicemail = Voicemail(plan)
        stopRinging(for: .caller)
        if let greeting = plan.greeting {
            play(
                Playback(
                    id: nextAnnouncement(), source: greeting, topic: "", action: "voicemail", bargeIn: .nothing))
        }
        let samples = caller.sampleRate * Int(Call.toneLength.milliseconds) / 1_000
        var audio = [Int16](repeating: 0, count: samples)
        var generator = ToneGenerator(Call.tone, sampleRate: caller.sampleRate, cadence: .once(Call.toneLength))
        var room = audio.mutableSpan
        generator.add(to: &room)
        let id = nextAnnouncement()
        player.enqueue(
            Playback(
                id: id, source: .serviceFile(path: "tone"), topic: "", action: "voicemail", bargeIn: .nothing))
        player.provide(PCMAudio(sampleRate: caller.sampleRate, samples: audio), for: id)
    }

    /// Begins behind the tone, and ends when it is over.
    mutating func advanceVoicemail() {
        guard let voicemail = handover?.voicemail else { return }
        if voicemail.start == nil {
            if player.isIdle { handover?.voicemail?.start = caller.position }
        } else if let reason = voicemail.end(at: caller.position, clockRate) {
            finishVoicemail(reason)
        }
    }

    /// The number sign ends a message. No key that is pressed meanwhile is an answer to what the dialog asks next.
    ///
    /// - Returns: whether there is a message.
    mutating func endVoicemail(by digit: Digit) -> Bool {
        guard handover?.voicemail?.start != nil else { return false }
        if digit.character == "#" { finishVoicemail(.key) }
        return true
    }

    /// The message is complete: the dialog goes on behind the action.
    mutating func finishVoicemail(_ reason: VoicemailEnd) {
        guard let voicemail = handover?.voicemail else { return }
        closeVoicemail(reason)
        failHandover(voicemail.hasSpoken ? .voicemail : .noAnswer)
    }

    /// Tells where the message is, if there is one.
    ///
    /// - Returns: whether there is one.
    @discardableResult
    mutating func closeVoicemail(_ reason: VoicemailEnd) -> Bool {
        guard let voicemail = handover?.voicemail else { return false }
        handover?.voicemail = nil
        guard let start = voicemail.start, voicemail.hasSpoken else { return false }
        record(
            .voicemailLeft(
                VoicemailLeft(
                    queue: voicemail.plan.queue, start: mediaTime(start).roundedSeconds,
                    end: mediaTime(caller.position).roundedSeconds, reason: reason)))
        return true
    }
}
