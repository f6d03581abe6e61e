import CallFlow
import Documents
import Formula
import Telephony
import Yams

/// Reads the agent-wide voice settings, wherever in the agent's files they stand.
struct SettingsReader {
    let file: String
    let context: FolderContext
    let collector: DiagnosticCollector

    init(file: String, context: FolderContext, collector: DiagnosticCollector) {
        self.file = file
        self.context = context
        self.collector = collector
    }

    mutating func read(_ root: Node, into settings: inout VoiceSettings) {
        guard case .mapping = root else {
            collector.add(
                Diagnostic(
                    file: file, line: root.mark?.line ?? 0, column: root.mark?.column ?? 0,
                    message: "an agent's file is written as 'name: value' lines, not as \(root.kindName)"))
            return
        }
        if let language = root.text("language") { settings.language = SettingsReader.language(language) }
        search(root, into: &settings, depth: 0)
    }

    /// Finds settings by their kind, or by the names under which the tools of Copilot Studio keep them.
    private mutating func search(_ node: Node, into settings: inout VoiceSettings, depth: Int) {
        guard case .mapping(let mapping) = node, depth < 5 else { return }
        switch node.text("kind") {
        case "BotSpeechSettings": return speech(node, into: &settings)
        case "IvrBotSettings": return ivr(node, into: &settings)
        default: break
        }
        for (key, value) in mapping {
            switch key.string {
            case "speechSettings", "botSpeechSettings": speech(value, into: &settings)
            case "ivrSettings", "ivrBotSettings": ivr(value, into: &settings)
            default: search(value, into: &settings, depth: depth + 1)
            }
        }
    }

    private func check(_ node: Node, _ kind: String) {
        var check = GrammarCheck(file: file, collector: collector)
        check.check(node, .group(kind), "these settings")
    }

    private func reader() -> TopicReader {
        TopicReader(file: file, context: context, collector: collector, notes: SourceNotes([]))
    }

    private mutating func speech(_ node: Node, into settings: inout VoiceSettings) {
        check(node, "BotSpeechSettings")
        func milliseconds(_ name: String, _ value: inout Int) {
            guard let text = node.text(name), let number = Double(text) else { return }
            guard (0...86_400_000).contains(number) else {
                return collector.add(
                    Diagnostic(
                        file: file, line: node.member(name)?.mark?.line ?? 0,
                        column: node.member(name)?.mark?.column ?? 0,
                        message: "'\(name)' is from 0 to 86400000 milliseconds, which is a day"))
            }
            value = Int(number)
        }
        milliseconds("interdigitTimeoutInMilliseconds", &settings.interdigitTimeoutInMilliseconds)
        milliseconds("terminationTimeoutInMilliseconds", &settings.terminationTimeoutInMilliseconds)
        milliseconds("silenceDetectionTimeoutInMilliseconds", &settings.silenceDetectionTimeoutInMilliseconds)
        milliseconds("utteranceEndTimeoutInMilliseconds", &settings.utteranceEndTimeoutInMilliseconds)
        milliseconds("speechRecognitionTimeoutInMilliseconds", &settings.speechRecognitionTimeoutInMilliseconds)
        milliseconds("latencyMessageDelayInMilliseconds", &settings.latencyMessageDelayInMilliseconds)
        milliseconds("minimumPlaybackInMilliseconds", &settings.minimumPlaybackInMilliseconds)
        settings.isDtmfSettingsEnabled = node.text("isDtmfSettingsEnabled") != "false"
        if let key = node.text("dtmfTerminationKey").flatMap(TerminationKey.init(rawValue:)) {
            settings.dtmfTerminationKey = key.digit
        }
        settings.voice = node.text("voice") ?? settings.voice
        settings.isDomainLanguageModelEnabled = node.text("isDomainLanguageModelEnabled") != "false"
        func share(_ name: String, _ value: inout Double) {
            if let number = node.text(name).flatMap({ Double($0) }), number.isFinite { value = min(1, max(0, number)) }
        }
        share("speechRecognitionSensitivity", &settings.speechRecognitionSensitivity)
        share("speechRecognitionSpeedVsAccuracy", &settings.speechRecognitionSpeedVersusAccuracy)
        share("wordsetsWeightValue", &settings.wordsetsWeight)
        guard let latency = node.member("latencyMessage") else { return }
        var reader = reader()
        settings.latencyMessage = reader.message(latency, "latencyMessage")
    }

    private mutating func ivr(_ node: Node, into settings: inout VoiceSettings) {
        check(node, "IvrBotSettings")
        var reader = reader()
        if let hold = node.member("holdSettings") { settings.hold = reader.holdSettings(hold, "holdSettings") }
        if let latency = node.member("latencySettings") {
            if let message = latency.member("latencyMessage") {
                settings.latencyMessage = reader.line(message, "latencyMessage")
            }
            if let audio = latency.member("latencyAudio"), let path = reader.template(audio, "latencyAudio") {
                let fallback = latency.member("fallbackLatencyMessage").map {
                    reader.line($0, "fallbackLatencyMessage")
                }
                if let text = audio.string, path.isConstant {
                    reader.checkAudio(text, audio, hasFallback: fallback != nil)
                }
                settings.latencyMessage = Message(
                    variants: [[.audioFile(path, otherwise: fallback?.variants.first ?? [])]])
            }
        }
        if let font = node.member("voiceFont") {
            settings.voice = font.text("voiceName") ?? settings.voice
            if let speed = font.text("speakingSpeed").flatMap({ Double($0) }), speed.isFinite {
                settings.speakingSpeed = min(3, max(0.3, speed))
            }
        }
    }

    /// A language by its BCP 47 tag or by the number that Windows gives it.
    private static func language(_ text: String) -> String { languages[text] ?? text }

    private static let languages = [
        "1025": "ar-SA", "2052": "zh-CN", "1028": "zh-TW", "1029": "cs-CZ", "1030": "da-DK", "1043": "nl-NL",
        "1033": "en-US", "1035": "fi-FI", "1036": "fr-FR", "1031": "de-DE", "1032": "el-GR", "1081": "hi-IN",
        "1057": "id-ID", "1040": "it-IT", "1041": "ja-JP", "1042": "ko-KR", "1044": "nb-NO", "1045": "pl-PL",
        "1046": "pt-BR", "1049": "ru-RU", "1034": "es-ES", "1054": "th-TH", "1053": "sv-SE", "1055": "tr-TR",
        "2057": "en-GB", "3084": "fr-CA", "21514": "es-US", "3081": "en-AU", "1058": "uk-UA", "1037": "he-IL",
        "2070": "pt-PT", "20490": "es-ES",
    ]
}
