import Formula
import Telephony

/// The caller waits because the author says so.
struct Pause: Sendable {
    var actionID: String
    var end: SampleTime
    var music: String?
}

// A wait with music: it is over after its time, or with a key.

extension Session {
    mutating func begin(_ action: PauseAction, _ whole: Action) {
        guard let seconds = resolve(action.seconds, whole.id, in: 1...3_600) else { return }
        var music: String?
        if let template = action.music {
            guard let path = evaluate(template, whole.id) else { return }
            music = path.text(for: .speechToCaller)
        }
        fact(.holdStarted(HoldStarted(topic: topicName, action: whole.id)))
        let pause = Pause(
            actionID: whole.id, end: position + clockRate.ticks(milliseconds: Int64(seconds) * 1_000), music: music)
        state = .pausing(pause)
        playAgain(pause)
    }

    /// The music is at its end, or has not begun: what was said before is heard first.
    mutating func playAgain(_ pause: Pause) {
        guard playing.isEmpty, let music = pause.music else { return }
        play(.audioFile(path: music), pause.actionID, .nothing)
    }

    /// A key ends the wait, and is no answer to anything.
    mutating func endPause(_ pause: Pause, by key: Key) {
        account(key, isSensitive: false)
        endPause(pause, .resumed)
    }

    mutating func endPause(_ pause: Pause, _ reason: HoldEndReason) {
        stopSaying()
        fact(.holdEnded(HoldEnded(topic: topicName, action: pause.actionID, reason: reason)))
        state = .running
    }
}
