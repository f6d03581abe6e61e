import ArgumentParser
import FrontEnd
import Scoring

/// Measures how callers interrupt prompts, and what else does.
struct ScoreBargeInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bargein", abstract: "Measure barge-in: true ones, false ones and their latency.",
        discussion: """
            Synthetic callers interrupt a prompt in noise of 20 dB, every other one on a line that returns the prompt; \
            prompts echo with nobody speaking; others talk 15 dB below a caller's level.

            EXAMPLES:
              parley score bargein
              parley score bargein --callers 50 --echo-minutes 10 --json
              parley score bargein --html report.html
            """)

    @Option(help: "Callers who interrupt, 1 to 10,000.") var callers = 200
    @Option(help: "Minutes of echo at each return loss, 1 to 600.") var echoMinutes = 60
    @Option(help: "Minutes of other people's talk, 1 to 600.") var babbleMinutes = 30
    @OptionGroup var profile: ProfileOption
    @OptionGroup var options: ScoreOptions

    func validate() throws {
        guard (1...10_000).contains(callers) else { throw ValidationError("--callers is 1 to 10000") }
        guard (1...600).contains(echoMinutes), (1...600).contains(babbleMinutes) else {
            throw ValidationError("--echo-minutes and --babble-minutes are 1 to 600")
        }
    }

    func run() throws {
        let suite = BargeInSuite(voices: try SpeechVoices(), profile: try profile.read(), seed: options.seed)
        let card = try suite.scorecard(callers: callers, echoMinutes: echoMinutes, babbleMinutes: babbleMinutes)
        try options.report([card])
    }
}
