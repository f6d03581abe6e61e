package import CallFlow
package import Telephony

/// What enters one call beside datagrams and time.
package enum CallInput: Sendable {
    case callerHungUp
    case hangUp(HangupCause)
    case infoDigit(Digit, durationInMilliseconds: Int?)
    /// An answer, to the request of that kind and number within the call.
    case reply(kind: UInt8, number: UInt64, JournaledReply)
    case leg(LegEvent)
    case command(CallCommand)
}

/// An answer as a journal keeps it: of a prompt what tells its audio from another's.
package enum JournaledReply: Sendable {
    /// - Parameter digest: 0 where the audio is a secret: then silence of its length stands in for it.
    case prompt(samples: Int, sampleRate: Int, digest: UInt64)
    case promptFailed(reason: String)
    case partiallyRecognized(text: String)
    case recognized(text: String, confidence: Double)
    case recognitionFailed(reason: String)
    case http(HTTPReply)
    case questionAnswered(AnswerReply)
    case transferEnded(TransferOutcome)
    case caller(CallerReply)
    case routed(Route)
}

extension PCMAudio {
    /// A number that tells this audio from other audio.
    package var digest: UInt64 {
        var digest = OctetDigest()
        digest.add(samples)
        digest.add(UInt64(sampleRate))
        return digest.value
    }
}

extension JournaledReply {
    /// - Parameters:
    ///   - takesSecret: what was understood is a secret: other letters and digits stand in its place.
    ///   - saysSecret: a prompt's audio is a secret.
    init(_ reply: SwitchboardInput.Reply, takesSecret: Bool, saysSecret: Bool) {
        func shown(_ text: String) -> String { takesSecret ? JournaledReply.veiled(text) : text }
        switch reply {
        case .prompt(let audio):
            self = .prompt(
                samples: audio.samples.count, sampleRate: audio.sampleRate, digest: saysSecret ? 0 : audio.digest)
        case .promptFailed(let reason): self = .promptFailed(reason: reason)
        case .partiallyRecognized(let text): self = .partiallyRecognized(text: shown(text))
        case .recognized(let text, let confidence): self = .recognized(text: shown(text), confidence: confidence)
        case .recognitionFailed(let reason): self = .recognitionFailed(reason: reason)
        case .http(let reply): self = .http(reply)
        case .questionAnswered(let reply): self = .questionAnswered(reply)
        case .transferEnded(let outcome): self = .transferEnded(outcome)
        case .caller(let reply): self = .caller(reply)
        case .routed(let route): self = .routed(route)
        }
    }

    private static func veiled(_ text: String) -> String {
        String(text.map { $0.isNumber ? "0" : $0.isLetter ? "x" : $0 })
    }

    /// The answer itself; `nil` for a prompt, whose audio comes from elsewhere.
    package var reply: SwitchboardInput.Reply? {
        switch self {
        case .prompt: nil
        case .promptFailed(let reason): .promptFailed(reason: reason)
        case .partiallyRecognized(let text): .partiallyRecognized(text: text)
        case .recognized(let text, let confidence): .recognized(text: text, confidence: confidence)
        case .recognitionFailed(let reason): .recognitionFailed(reason: reason)
        case .http(let reply): .http(reply)
        case .questionAnswered(let reply): .questionAnswered(reply)
        case .transferEnded(let outcome): .transferEnded(outcome)
        case .caller(let reply): .caller(reply)
        case .routed(let route): .routed(route)
        }
    }
}

extension JournaledReply: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .prompt(let samples, let sampleRate, let digest):
            journal.byte(0)
            journal.number(samples)
            journal.number(sampleRate)
            journal.word(digest)
        case .promptFailed(let reason):
            journal.byte(1)
            journal.text(reason)
        case .partiallyRecognized(let text):
            journal.byte(2)
            journal.text(text)
        case .recognized(let text, let confidence):
            journal.byte(3)
            journal.text(text)
            journal.fraction(confidence)
        case .recognitionFailed(let reason):
            journal.byte(4)
            journal.text(reason)
        case .http(let reply):
            journal.byte(5)
            journal.value(reply)
        case .questionAnswered(let reply):
            journal.byte(6)
            journal.value(reply)
        case .transferEnded(let outcome):
            journal.byte(7)
            journal.raw(outcome)
        case .caller(let reply):
            journal.byte(8)
            journal.value(reply)
        case .routed(let route):
            journal.byte(9)
            journal.value(route)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0:
            self = .prompt(
                samples: try journal.number(0...1 << 28), sampleRate: try journal.number(8_000...48_000),
                digest: try journal.word())
        case 1: self = .promptFailed(reason: try journal.text())
        case 2: self = .partiallyRecognized(text: try journal.text())
        case 3: self = .recognized(text: try journal.text(), confidence: try journal.fraction(-1_000...1_000))
        case 4: self = .recognitionFailed(reason: try journal.text())
        case 5: self = .http(try journal.value())
        case 6: self = .questionAnswered(try journal.value())
        case 7: self = .transferEnded(try journal.raw())
        case 8: self = .caller(try journal.value())
        case 9: self = .routed(try journal.value())
        default: throw .unknown("a reply")
        }
    }
}

extension CallInput: JournalCodable {
    func write(to journal: inout JournalWriter) {
        switch self {
        case .callerHungUp: journal.byte(0)
        case .hangUp(let cause):
            journal.byte(1)
            journal.raw(cause)
        case .infoDigit(let digit, let duration):
            journal.byte(2)
            journal.value(digit)
            journal.optional(duration) { $0.number($1) }
        case .reply(let kind, let number, let reply):
            journal.byte(3)
            journal.byte(kind)
            journal.count(number)
            journal.value(reply)
        case .leg(let event):
            journal.byte(4)
            journal.value(event)
        case .command(let command):
            journal.byte(5)
            journal.value(command)
        }
    }

    init(from journal: inout JournalReader) throws(JournalError) {
        switch try journal.byte() {
        case 0: self = .callerHungUp
        case 1: self = .hangUp(try journal.raw())
        case 2:
            self = .infoDigit(
                try journal.value(),
                durationInMilliseconds: try journal.optional { (journal) throws(JournalError) in
                    try journal.number(Int(Int32.min)...Int(Int32.max))
                })
        case 3:
            self = .reply(
                kind: try journal.byte() & 0xF, number: try journal.count() & 0x0FFF_FFFF, try journal.value())
        case 4: self = .leg(try journal.value())
        case 5: self = .command(try journal.value())
        default: throw .unknown("an input")
        }
    }
}
