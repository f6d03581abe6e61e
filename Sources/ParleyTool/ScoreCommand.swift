import ArgumentParser

/// Measures detectors on suites with known truth.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Measure the front end on suites whose truth is known, and print a scorecard.",
        discussion: """
            Without --folder a suite is made from a seed: the same seed makes the same audio.

            EXAMPLES:
              parley score dtmf
              parley score dtmf --keys 8000 --rivals --html dtmf.html
              parley score dtmf --folder labelled
              parley score progress --json
              parley score speech --html speech.html
              parley score bargein
            """,
        subcommands: [
            ScoreDTMFCommand.self, ScoreProgressCommand.self, ScoreSpeechCommand.self, ScoreBargeInCommand.self,
        ])
}
