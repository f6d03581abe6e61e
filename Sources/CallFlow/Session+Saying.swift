import Formula
import Telephony

// Prompts.

extension Session {
    /// Queues a message: one of its variants, part by part. Parts in one style are one prompt.
    ///
    /// - Parameter purpose: tells messages of one action apart.
    mutating func say(_ message: Message, action: String, purpose: String = "") {
        guard !message.variants.isEmpty else { return }
        say(message.variants[variant(of: message, action, purpose)], action, bargeIn: message.bargeIn)
    }

    private mutating func variant(of message: Message, _ action: String, _ purpose: String) -> Int {
        let count = message.variants.count
        guard count > 1 else { return 0 }
        if message.isRandom { return Int(truncatingIfNeeded: generator.next(upperBound: UInt64(count))) }
        let key = "\(topicName)/\(action)/\(purpose)"
        let turn = variantTurns[key] ?? 0
        variantTurns[key] = turn &+ 1
        return turn % count
    }

    mutating func say(_ parts: [Message.Part], _ action: String, bargeIn permission: BargeInPermission) {
        var spoken: SpokenText?
        for part in parts {
            switch part {
            case .text(let template, let style):
                guard let text = words(of: template, style, action) else { return }
                if var before = spoken, before.isJoinable(with: text) {
                    before.text += " " + text.text
                    before.isPrivate = before.isPrivate || text.isPrivate
                    before.isSensitive = before.isSensitive || text.isSensitive
                    spoken = before
                } else {
                    flush(&spoken, action, permission)
                    spoken = text
                }
            case .pause(let milliseconds):
                flush(&spoken, action, permission)
                play(.silence(milliseconds: milliseconds), action, permission)
            case .audioFile(let path, let otherwise):
                flush(&spoken, action, permission)
                guard let value = evaluate(path, action) else { return }
                // The name of a file is in facts and on the disk.
                sayFile(value.isSensitive ? "" : value.text(for: .speechToCaller), otherwise, action, permission)
            }
        }
        flush(&spoken, action, permission)
    }

    private mutating func flush(_ spoken: inout SpokenText?, _ action: String, _ permission: BargeInPermission) {
        if let text = spoken { play(.text(text), action, permission) }
        spoken = nil
    }

    /// Plays a file of the agent's folder; a path that leads out of it is no file.
    private mutating func sayFile(
        _ path: String, _ otherwise: [Message.Part], _ action: String, _ permission: BargeInPermission
    ) {
        let isInside = !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
        guard isInside, !path.contains("://") else {
            fact(
                .failure(
                    Failure(
                        code: "promptFailed",
                        message: "an audio file lies outside of the agent's folder, or its name is sensitive",
                        topic: topicName, action: action)))
            return say(otherwise, action, bargeIn: permission)
        }
        play(.audioFile(path: path), action, permission)
        if !otherwise.isEmpty { fallbacks[PlaybackID(lastPlayback)] = otherwise }
    }

    /// The words of a piece of text; `nil` after a mistake in a formula.
    private mutating func words(of template: Template, _ style: SpeechStyle, _ action: String) -> SpokenText? {
        let value = template.evaluate(in: scope, budget: Limit.formula)
        if let error = value.error {
            fail("formula", error.message, action: action)
            return nil
        }
        let language = style.language.isEmpty ? agent.settings.language : style.language
        var text = value.text(for: .speechToCaller)
        if let sayAs = style.sayAs { text = sayAs.words(of: text, language: language) }
        var outer = Prosody()
        outer.rate = agent.settings.speakingSpeed
        return SpokenText(
            text: text, language: language, voice: style.voice.isEmpty ? agent.settings.voice : style.voice,
            isPrivate: !template.isConstant, isSensitive: value.isSensitive, prosody: style.prosody.within(outer))
    }

    mutating func play(_ source: PromptSource, _ action: String, _ permission: BargeInPermission) {
        lastPlayback += 1
        let playback = Playback(
            id: PlaybackID(lastPlayback), source: source, topic: topicName, action: action, bargeIn: permission
        )
        playing.append(playback)
        emit(.play(playback))
    }

    /// Stops what is being said if the caller may interrupt it; returns whether nothing holds the key back.
    mutating func bargeIn(_ cause: BargeInCause) -> Bool {
        guard !playing.isEmpty else { return true }
        guard playing.allSatisfy({ $0.bargeIn.contains(cause) }) else { return false }
        playing.removeAll()
        emit(.stopPlaying(.bargeIn, bargeIn: cause))
        return true
    }

    /// Stops what is being said because the dialog goes on.
    mutating func stopSaying() {
        guard !playing.isEmpty else { return }
        playing.removeAll()
        emit(.stopPlaying(.stopped, bargeIn: nil))
    }

    mutating func promptFailed(_ id: PlaybackID, _ reason: String) {
        let playback = playing.first { $0.id == id }
        let otherwise = fallbacks.removeValue(forKey: id)
        fact(.failure(Failure(code: "promptFailed", message: reason, topic: topicName, action: "")))
        if let otherwise, let playback { say(otherwise, playback.action, bargeIn: playback.bargeIn) }
        promptEnded(id)
    }

    mutating func promptEnded(_ id: PlaybackID) {
        fallbacks[id] = nil
        guard let index = playing.firstIndex(where: { $0.id == id }) else { return }
        playing.remove(at: index)
        guard playing.isEmpty else { return }
        lastSaid = position
        switch state {
        case .asking: startWaiting()
        case .holding(let holding): startHoldTimer(holding)
        case .pausing(let pause): playAgain(pause)
        case .idle(_, let listening): state = .idle(silence: idleDeadline(), listening: listening)
        case .saying(let action): resume(action)
        case .awaiting(let awaiting): latencySaid(awaiting)
        case .running, .transferring, .awaitingCaller, .over: break
        }
    }
}

extension SpokenText {
    /// Two texts that one voice says in one go.
    fileprivate func isJoinable(with next: SpokenText) -> Bool {
        language == next.language && voice == next.voice && prosody == next.prosody
    }
}
