extension FrontEndProfile {
    /// A setting as it is written in a profile's file and documented.
    package struct Setting: Sendable {
        /// The name in the file, with its unit.
        package let name: String
        /// What it is.
        package let summary: String
        /// What gets better and what gets worse when it moves.
        package let effect: String
        package let kind: Kind

        package enum Kind: Sendable {
            case integer(ClosedRange<Int>, any WritableKeyPath<FrontEndProfile, Int> & Sendable)
            case number(ClosedRange<Double>, any WritableKeyPath<FrontEndProfile, Double> & Sendable)
            case boolean(any WritableKeyPath<FrontEndProfile, Bool> & Sendable)
        }

        /// The value that a profile has, as it is written.
        package func value(in profile: FrontEndProfile) -> String {
            switch kind {
            case .integer(_, let path): String(profile[keyPath: path])
            case .number(_, let path): String(profile[keyPath: path])
            case .boolean(let path): String(profile[keyPath: path])
            }
        }

        /// What values it takes.
        package var range: String {
            switch kind {
            case .integer(let range, _): "\(range.lowerBound) to \(range.upperBound)"
            case .number(let range, _): "\(range.lowerBound) to \(range.upperBound)"
            case .boolean: "true or false"
            }
        }
    }

    /// Every setting, in the order of the documentation.
    package static let settings: [Setting] = speechSettings + keySettings

    private static let speechSettings: [Setting] = [
        Setting(
            name: "prefixPaddingInMilliseconds", summary: "How much audio before the onset belongs to an utterance.",
            effect:
                "More of it keeps soft first sounds for a recogniser and adds silence to what it gets; it delays nothing.",
            kind: .integer(0...2_000, \.prefixPaddingInMilliseconds)),
        Setting(
            name: "speechEndTimeoutInMilliseconds", summary: "Silence that ends speech.",
            effect: "Less of it answers sooner and cuts off who pauses; more of it waits for them and feels slow.",
            kind: .integer(100...5_000, \.speechEndTimeoutInMilliseconds)),
        Setting(
            name: "audioThreshold", summary: "The probability from which a frame counts as speech.",
            effect: "Higher takes less noise for speech and hears soft speakers later or not at all.",
            kind: .number(0...1, \.audioThreshold)),
        Setting(
            name: "minimumSpeechInMilliseconds", summary: "How much speech it takes to interrupt a prompt.",
            effect: "More of it keeps coughs and echo from interrupting and makes barge-in slower.",
            kind: .integer(20...1_000, \.minimumSpeechInMilliseconds)),
        Setting(
            name: "cancelsEcho",
            summary: "The echo of prompts is cancelled before anything is decided, not only known for what it is.",
            effect:
                "With it a frame costs 20 us more, for trunks that return prompts nearly as loud as callers; "
                + "while it adapts it takes some of the caller away.",
            kind: .boolean(\.cancelsEcho)),
        Setting(
            name: "echoTailInMilliseconds", summary: "How late an echo may be that is cancelled.",
            effect: "More of it reaches later echoes, costs more and adapts more slowly.",
            kind: .integer(16...512, \.echoTailInMilliseconds)),
    ]

    private static let keySettings: [Setting] = [
        Setting(
            name: "hearsInBandDigits", summary: "Tones of keys in the audio count as keys.",
            effect: "Without it keys of trunks that signal none are lost; a voice can then never be a key.",
            kind: .boolean(\.hearsInBandDigits)),
        Setting(
            name: "hearsCallProgress", summary: "Ring-back, busy, fax and the other tones of the network are heard.",
            effect: "Without it a frame costs 0.2 us less, and no tone is reported.",
            kind: .boolean(\.hearsCallProgress)),
        Setting(
            name: "detectsAnsweringMachines",
            summary:
                "A long greeting at the beginning is reported as an answering machine. For calls that Parley dials.",
            effect: "With it a person who begins with a long sentence is taken for a machine.",
            kind: .boolean(\.detectsAnsweringMachines)),
        Setting(
            name: "greetingInMilliseconds",
            summary: "Speech without a pause of 0.7 s that makes a greeting of a machine.",
            effect: "Less of it knows machines sooner and takes more people for one.",
            kind: .integer(500...10_000, \.greetingInMilliseconds)),
    ]
}
