import Formula
import Telephony

// A question that waits: the caller has asked for time, or the author has given it.

extension Session {
    /// The line waits until the caller says so, presses a key, or has had enough time.
    mutating func beginHold(_ asking: Asking, _ hold: Asking.HoldTimes) {
        var asking = asking
        stopListening(asking.listening)
        asking.listening = nil
        asking.deadline = nil
        fact(.holdStarted(HoldStarted(topic: topicName, action: asking.actionID)))
        wait(Holding(asking: asking, hold: hold), saying: hold.settings.holdMessage)
    }

    private mutating func wait(_ holding: Holding, saying message: Message?) {
        var holding = holding
        let request = nextRequest()
        holding.listening = request
        holding.deadline = nil
        state = .running
        if let message { say(message, action: holding.asking.actionID, purpose: "hold") }
        if let music = holding.hold.settings.music {
            guard let path = evaluate(music, holding.asking.actionID) else { return }
            play(.audioFile(path: path.text(for: .speechToCaller)), holding.asking.actionID, .keysAndSpeech)
        }
        guard case .running = state else { return }
        emit(.listen(request, holdHints(holding)))
        state = .holding(holding)
        if playing.isEmpty { startHoldTimer(holding) }
    }

    /// The hold message and music are over, or there is none: the caller's time runs.
    mutating func startHoldTimer(_ holding: Holding) {
        var holding = holding
        holding.deadline = after(milliseconds: holding.hold.timeoutInMilliseconds)
        state = .holding(holding)
    }

    private func holdHints(_ holding: Holding) -> RecognitionHints {
        var hints = hints(for: holding.asking)
        hints.phrases = holding.hold.settings.resumeWords
        return hints
    }

    /// Words while the line waits: those that end it, an answer to the question, or others, which count for nothing.
    mutating func heardOnHold(_ holding: Holding, _ text: String) {
        let words = Words.split(text)
        let isResumed = holding.hold.settings.resumeWords.contains { Words.contains(words, Words.split($0)) }
        if isResumed {
            stopSaying()
            fact(.holdEnded(HoldEnded(topic: topicName, action: holding.asking.actionID, reason: .resumed)))
            return askOnceMore(holding.asking, holding.hold.settings.resumeResponse, purpose: "resume")
        }
        var holding = holding
        let request = nextRequest()
        holding.listening = request
        emit(.listen(request, holdHints(holding)))
        state = .holding(holding)
    }

    /// A key ends the wait and is the answer, or its beginning.
    mutating func leaveHold(_ holding: Holding) {
        stopListening(holding.listening)
        stopSaying()
        fact(.holdEnded(HoldEnded(topic: topicName, action: holding.asking.actionID, reason: .answered)))
        open(holding.asking)
    }

    mutating func expireHold(_ holding: Holding) {
        var holding = holding
        fact(.timerExpired(TimerExpired(timer: .hold, topic: topicName, action: holding.asking.actionID)))
        stopListening(holding.listening)
        holding.timeouts += 1
        if holding.timeouts <= holding.hold.repeatCount {
            return wait(holding, saying: holding.hold.settings.timeoutMessage)
        }
        fact(.holdEnded(HoldEnded(topic: topicName, action: holding.asking.actionID, reason: .timeout)))
        var asking = holding.asking
        asking.silentAttempts = asking.times.repeatCountOnSilence
        state = .asking(asking)
        noInput(asking)
    }
}
