package import FrontEnd

/// What an interruption costs in milliseconds against what it costs in false ones: the suite for several settings.
package struct BargeInTradeOff {
    private let voices: SpeechVoices
    private let profile: FrontEndProfile
    private let seed: UInt64

    package init(voices: SpeechVoices, profile: FrontEndProfile, seed: UInt64) {
        self.voices = voices
        self.profile = profile
        self.seed = seed
    }

    /// The least speech that counts, in milliseconds, and the probability from which a frame is speech.
    private static let settings = [(20, 0.5), (40, 0.3), (40, 0.5), (40, 0.7), (60, 0.5), (100, 0.5), (200, 0.5)]
    private static let columns: [(title: String, figure: String)] = [
        ("decision p50 ms", "decisionP50InMilliseconds"),
        ("p95 ms", "decisionP95InMilliseconds"), ("p95 ms over echo", "decisionP95InMillisecondsOnEcho"),
        ("heard %", "trueBargeIns"), ("false an hour, echo at 15 dB", "falseFromEchoAt15DBAnHour"),
        ("false in ten minutes, babble", "falseFromBabbleInTenMinutes"),
    ]

    /// Runs the suite for each setting.
    ///
    /// - Parameters:
    ///   - callers: how many interrupt a prompt.
    ///   - echoMinutes: how long prompts echo with nobody speaking.
    ///   - babbleMinutes: how long others talk while a prompt plays.
    package func scorecard(callers: Int, echoMinutes: Int, babbleMinutes: Int) throws -> Scorecard {
        let rows = try BargeInTradeOff.settings.map { minimum, threshold in
            var profile = profile
            profile.minimumSpeechInMilliseconds = minimum
            profile.audioThreshold = threshold
            let card = try BargeInSuite(voices: voices, profile: profile, seed: seed).scorecard(
                callers: callers, echoMinutes: echoMinutes, babbleMinutes: babbleMinutes)
            let figures = BargeInTradeOff.columns.map { column in
                let value = card.figure(column.figure) ?? .nan
                return (column.figure == "trueBargeIns" ? value * 100 : value).shown
            }
            return [String(minimum), threshold.shown] + figures
        }
        var card = Scorecard(suite: "bargein", detector: "parley", seed: seed)
        card.tables = [
            Scorecard.Table(
                "From audible onset to decision against false barge-ins",
                columns: ["minimum speech ms", "threshold"] + BargeInTradeOff.columns.map(\.title), rows: rows)
        ]
        return card
    }
}
