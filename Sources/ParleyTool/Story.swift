import Foundation
import Telephony

/// Tells a call to a person: one line an event that matters, with media time in front.
struct Story {
    let style: Style
    /// The texts of the prompts that are playing, by number.
    private var topicDepth = 0
    /// What the legs are called.
    private var names: [LegID: String] = [:]
    /// Also the steps through actions that neither say nor ask anything.
    let showsEveryAction: Bool

    init(style: Style, showsEveryAction: Bool) {
        self.style = style
        self.showsEveryAction = showsEveryAction
    }

    /// The lines for one event; none when there is nothing to tell.
    mutating func lines(for event: CallEvent) -> [String] {
        text(of: event).map { line(at: event.at, $0) }
    }

    private func line(at time: Interval, _ text: String) -> String {
        let clock = String(format: "%8.2f", time.inSeconds)
        return "\(style.faint(clock))  \(text)"
    }

    private mutating func text(of event: CallEvent) -> [String] {
        switch event.body {
        case .callStarted(let body):
            return [
                "\(style.strong("call \(event.call)"))  \("\(body.from)".withoutControls) calls \("\(body.to)".withoutControls)  ·  \(body.agent.isEmpty ? "" : body.agent + "  ·  ")\(body.codec)  ·  \(body.startedAt)"
            ]
        case .callAnswered: return ["answered"]
        case .topicStarted(let body): return [style.faint("┌ \(body.topic) (\(body.trigger))")]
        case .topicEnded(let body): return [style.faint("└ \(body.topic)")]
        case .actionStarted(let body):
            return showsEveryAction ? [style.faint("│ \(body.kind) \(body.action)")] : []
        case .branchTaken(let body):
            return showsEveryAction ? [style.faint("│ \(body.action) takes \(body.branch)")] : []
        case .promptStarted(let body):
            return body.text.redacted.isEmpty
                ? [] : ["\(style.parley("Parley")) \(body.isAudioFile ? "plays" : "says")  “\(body.text)”"]
        case .promptEnded(let body):
            return body.reason == .completed
                ? []
                : [
                    "\(style.parley("Parley")) stops  after \(seconds(body.heard)) of \(seconds(body.length)): \(reason(body.reason))"
                ]
        case .digit(let body):
            return [
                "\(style.caller("caller")) presses  \(body.digit)  \(style.faint("(\(source(body.source)), down at \(seconds(body.start)))"))"
            ]
        case .speechStarted: return ["\(style.caller("caller")) speaks"]
        case .speechEnded(let body):
            return [
                "\(style.caller("caller")) falls silent  \(style.faint("(spoke from \(seconds(body.start)) to \(seconds(body.end)))"))"
            ]
        case .bargeIn(let body): return [style.faint("barge-in by \(body.by == .digit ? "key" : "speech")")]
        case .recognized(let body):
            return body.text.redacted.isEmpty
                ? ["\(style.caller("caller")) was not understood"]
                : [
                    "\(style.caller("caller")) said  “\(body.text)”  \(style.faint(String(format: "(confidence %.2f)", body.confidence)))"
                ]
        case .timerExpired(let body):
            return ["timer  \(timer(body.timer))\(body.action.isEmpty ? "" : " at \(body.action)")"]
        case .input(let body): return [input(body)]
        case .holdStarted: return ["\(style.parley("Parley")) waits for the caller"]
        case .holdEnded(let body): return ["the wait ends: \(body.reason.rawValue)"]
        case .answerRequested: return ["asks for an answer"]
        case .answerGiven(let body):
            return ["answer  \(body.isAnswered ? "found" : "none")  \(style.faint("after \(seconds(body.seconds))"))"]
        case .callerLookedUp(let body):
            return ["look-up of the caller  \(body.outcome.rawValue)  \(style.faint("after \(seconds(body.seconds))"))"]
        case .variableSet(let body): return [style.faint("\(body.variable) = \(body.value)")]
        case .httpRequested(let body): return ["asks  \(body.method) \(body.url)"]
        case .httpAnswered(let body):
            let answer = body.status.map(String.init) ?? body.failure ?? "no answer"
            return ["answer  \(answer)  \(style.faint("after \(seconds(body.seconds))"))"]
        case .transferRequested(let body): return [transfer(body)]
        case .legDialled(let body):
            names[body.leg] = "\(body.role.rawValue) \(body.target)"
            return ["calls  \(name(body.leg))"]
        case .legRinging(let body): return [style.faint("\(name(body.leg)) rings")]
        case .legAnswered(let body): return ["\(name(body.leg)) answers  ·  \(body.codec)"]
        case .legReplaced(let body):
            return ["\(name(body.leg)) is replaced by \(body.by == body.leg ? "\(body.party)" : name(body.by))"]
        case .legPlaced(let body): return [style.faint("\(name(body.leg)) \(standing(body))")]
        case .legSpoke(let body):
            return ["\(name(body.leg)) spoke  \(style.faint("from \(seconds(body.start)) to \(seconds(body.end))"))"]
        case .legEnded(let body): return ["\(name(body.leg)) is gone  ·  \(body.reason.rawValue)" + because(body.rule)]
        case .queueEntered(let body):
            let wait = body.wait.map { ", about \(seconds($0)) to wait" } ?? ""
            return ["waits in \(body.queue)  ·  number \(body.position)\(wait)"]
        case .voicemailLeft(let body):
            return ["leaves a message  \(style.faint("from \(seconds(body.start)) to \(seconds(body.end))"))"]
        case .callBackPromised(let body):
            return ["\(style.parley("Parley")) will call \(body.number) back for \(body.queue)"]
        case .callBackTried(let body):
            let outcome = style.strong(body.outcome.rawValue) + because(body.rule)
            return ["call-back \(body.attempt) for \(body.queue)  ·  \(outcome)"]
        case .transferEnded(let body): return ["transfer  \(body.outcome.rawValue)"]
        case .telemetry(let body): return [style.faint("telemetry \(body.name)")]
        case .failure(let body): return [style.alarm("failure  \(body.message)") + style.faint(" (\(body.code))")]
        case .mediaQuality(let body): return [style.faint(quality(body))]
        case .callEnded(let body):
            return [
                "\(who(body.by)) hangs up  ·  \(body.cause.rawValue)  ·  \(style.strong(body.outcome.rawValue))  ·  \(seconds(body.duration))"
            ]
        }
    }

    private func because(_ rule: OutboundRefusal?) -> String { rule.map { style.faint("  \($0)") } ?? "" }

    private func who(_ party: Party) -> String {
        switch party {
        case .caller: style.caller("caller")
        case .parley: style.parley("Parley")
        case .agent: "the agent"
        }
    }

    private func name(_ leg: LegID) -> String { leg == .caller ? "caller" : names[leg] ?? "leg \(leg.rawValue)" }

    private func standing(_ body: LegPlaced) -> String {
        if let other = body.whispersTo { return "is heard by \(name(other)) alone" }
        switch body.room {
        case .hold: return "is on hold"
        case .consultation: return "is in the consultation"
        case .conversation: return body.isMuted ? "listens" : "is in the conversation"
        }
    }

    private func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }

    private func reason(_ reason: PromptEndReason) -> String {
        switch reason {
        case .completed: "completed"
        case .bargeIn: "the caller interrupted"
        case .stopped: "the dialog went on"
        case .callEnded: "the call ended"
        }
    }

    private func source(_ source: DigitSource) -> String {
        switch source {
        case .telephoneEvent: "telephone-event"
        case .inBand: "in band"
        case .sipInfo: "SIP INFO"
        }
    }

    private func timer(_ timer: DialogTimer) -> String {
        switch timer {
        case .firstDigit: "no first key in time"
        case .interDigit: "no further key in time"
        case .termination: "no terminating key in time"
        case .silence: "nothing heard in time"
        case .recognition: "no words from the recogniser in time"
        case .utterance: "the caller spoke for too long"
        case .latency: "an answer is late"
        case .hold: "the caller took too long"
        case .inactivity: "nothing from the caller"
        }
    }

    private func input(_ body: InputTaken) -> String {
        let what = body.value.redacted.isEmpty ? "" : "  “\(body.value)”"
        let result =
            switch body.result {
            case .accepted: style.good("accepted")
            case .noMatch: style.alarm("no match")
            case .invalid: style.alarm("not valid")
            case .noInput: style.alarm("no input")
            case .interrupted: "taken by another topic"
            }
        return "\(body.action)  \(result)\(what)" + (body.attempt > 1 ? style.faint("  (attempt \(body.attempt))") : "")
    }

    private func transfer(_ body: TransferRequested) -> String {
        let somebody =
            switch body.kind {
            case .agent, .phoneNumber: "an agent"
            case .expert: "an expert"
            case .voicemail: "voicemail"
            case .callBack: "a call-back"
            }
        let target = body.target.redacted.isEmpty ? somebody : "\(body.target)"
        let message = body.message.redacted.isEmpty ? "" : "  “\(body.message)”"
        let variables = body.variables.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        return "hands over to \(target)\(message)"
            + (variables.isEmpty ? "" : style.faint("  with " + variables.joined(separator: ", ")))
    }

    private func quality(_ body: MediaQuality) -> String {
        String(
            format: "media  %d packets, %d lost, %d late, jitter %.1f ms, delay %.0f ms, %.1f %% concealed, MOS %.2f",
            body.received, body.lost, body.late, body.jitter, body.playoutDelay, body.concealed * 100, body.mos)
    }
}

/// Colours, on a terminal alone.
struct Style {
    let isColoured: Bool

    func strong(_ text: String) -> String { wrapped(text, "1") }
    func faint(_ text: String) -> String { wrapped(text, "2") }
    func caller(_ text: String) -> String { wrapped(text, "36") }
    func parley(_ text: String) -> String { wrapped(text, "35") }
    func good(_ text: String) -> String { wrapped(text, "32") }
    func alarm(_ text: String) -> String { wrapped(text, "31") }

    private func wrapped(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Coloured when the stream is a terminal and neither `NO_COLOR` nor `TERM=dumb` says otherwise.
    static func of(_ descriptor: Int32) -> Style {
        let environment = ProcessInfo.processInfo.environment
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        return Style(isColoured: isatty(descriptor) == 1 && !isPlain)
    }
}
