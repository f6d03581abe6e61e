import AgentFiles
import Foundation

/// Questions that a caller cannot leave, timers that never run, lengths that nothing has, messages that say nothing.
struct QuestionRules {
    private let inspection: Inspection
    private var agent: AgentOutline { inspection.agent }

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        for (_, action) in inspection.actions {
            for message in SpokenMessage.all(of: action) { checkMessage(message) }
            guard action.kind == "Question" else { continue }
            checkSilence(action)
            checkWrongAnswers(action)
            if let entity = QuestionEntity(action, in: inspection.agent) { checkTermination(entity) }
        }
    }

    // MARK: - Exits

    private func checkSilence(_ action: ActionOutline) {
        let voice = action.value["voiceInputSettings"]
        if let fallback = voice?["defaultValueMissingAction"], let exit = exitProblem(fallback, voice) {
            inspection.report("no-exit", fallback, exit)
        }
        let own = voice?["silenceDetectionTimeoutInMilliseconds"]
        let timeout = own ?? agent.speechSetting("silenceDetectionTimeoutInMilliseconds")
        let isWatched = agent.topics.contains { $0.triggerKind == "OnInactivity" }
        let isEndless = own?.integer == 0 || !isWatched && timeout.map { $0.integer == 0 } ?? true
        if isEndless {
            return inspection.report(
                "no-exit", own ?? action.value,
                "a caller who says nothing never leaves \(action.id): its silence is not limited; write voiceInputSettings with silenceDetectionTimeoutInMilliseconds, or set it for the agent"
            )
        }
        let exits = ["defaultValueMissingAction", "defaultValueOnSilence", "fallbackDialogOnSilence"]
        guard !exits.contains(where: { voice?[$0] != nil }) else { return }
        inspection.report(
            "no-exit", action.value,
            "a caller who says nothing is hung up on by \(action.id) without a word; write defaultValueMissingAction (HangUp if that is meant), defaultValueOnSilence or fallbackDialogOnSilence"
        )
    }

    /// What is wrong with a way out that was chosen.
    private func exitProblem(_ choice: SourceValue, _ voice: SourceValue?) -> String? {
        switch choice.string {
        case "GoToDialog" where voice?["fallbackDialogOnSilence"] == nil:
            "GoToDialog has no topic to go to; write fallbackDialogOnSilence"
        case "SetValue" where voice?["defaultValueOnSilence"] == nil:
            "SetValue has no value to set; write defaultValueOnSilence"
        case "Escalate" where !hasEscalation: "Escalate leads nowhere; write a topic with the trigger OnEscalate"
        default: nil
        }
    }

    private var hasEscalation: Bool { agent.topics.contains { $0.triggerKind == "OnEscalate" } }

    private func checkWrongAnswers(_ action: ActionOutline) {
        if hasEscalation { return }
        if action.value["defaultValue"] != nil || action.value["fallbackDialogOnInvalidEntity"] != nil { return }
        inspection.report(
            "no-exit", action.value,
            "a caller whose answers \(action.id) does not understand is hung up on; write defaultValue, fallbackDialogOnInvalidEntity, or a topic with the trigger OnEscalate"
        )
    }

    // MARK: - Digits

    private func checkTermination(_ entity: QuestionEntity) {
        guard let options = entity.termination else { return }
        let kind = options["kind"]?.string
        let length = options["length"]
        let (least, most) = (options["minLength"], options["maxLength"])
        for value in [length, least, most] {
            guard let value, let number = value.integer, number < 1 else { continue }
            inspection.report("impossible-length", value, "a length of \(number) is none; write at least 1")
        }
        if let low = least?.integer, let high = most?.integer, let value = least, low > high {
            inspection.report(
                "impossible-length", value, "minLength \(low) is more than maxLength \(high); swap or correct them")
        }
        let isSingle =
            kind == "FixedLengthTermination" && length?.integer == 1
            || kind == "FlexibleLengthTermination" && most?.integer == 1
        if isSingle, let timer = options["interdigitTimeoutInMilliseconds"] {
            inspection.report(
                "interdigit-timer", options.place(of: "interdigitTimeoutInMilliseconds"), in: timer.text.file,
                "an answer of one digit has no second to wait for; remove interdigitTimeoutInMilliseconds or correct the length"
            )
        }
    }

    // MARK: - Messages

    private func checkMessage(_ value: SourceValue) {
        let message = SpokenMessage(value)
        for variant in message.variants {
            if variant.text.tokens.isEmpty, variant.text.audio.isEmpty, variant.text.pauses.isEmpty {
                inspection.report(
                    "empty-message", variant.value, "this message says nothing; write what to say, or remove it")
            }
            for file in variant.text.audio where !file.path.contains("{") && !file.path.contains("://") {
                if FileManager.default.fileExists(atPath: agent.folder + "/" + file.path) { continue }
                inspection.report(
                    "missing-audio", variant.value.place(ofOffset: file.offset), in: value.text.file,
                    "the audio file \(file.path) is not in the agent's folder; add it or correct the path")
            }
        }
    }
}
