import Telephony

/// The prompts of the far end as they are heard from outside: speech begins one, and so long a silence ends it. Steps of a
/// script that wait for a prompt wait for these; which prompt it was cannot be heard.
struct HeardPrompts {
    /// By what a script's triggers find it.
    static let name = "heard"
    /// Longer than the pauses between sentences.
    private static let silence = Interval.milliseconds(700)

    private var number = 0
    private var begunAt: Interval?
    private var pausedAt: Interval?
    private var events: [CallEventBody] = []

    mutating func began(at time: Interval) {
        pausedAt = nil
        guard begunAt == nil else { return }
        begunAt = time
        number += 1
        events.append(
            .promptStarted(
                PromptStarted(
                    prompt: number, topic: "", action: HeardPrompts.name, text: .open(""), isAudioFile: false)))
    }

    mutating func paused(at time: Interval) { pausedAt = time }

    /// What has begun and ended by now.
    mutating func advance(to time: Interval, call: CallID) -> [CallEvent] {
        if let pause = pausedAt, let begin = begunAt, time - pause >= HeardPrompts.silence {
            let heard = (pause - begin).roundedSeconds
            events.append(
                .promptEnded(PromptEnded(prompt: number, heard: heard, length: heard, reason: .completed)))
            begunAt = nil
            pausedAt = nil
        }
        defer { events = [] }
        return events.map { CallEvent(at: time, call: call, body: $0) }
    }
}
