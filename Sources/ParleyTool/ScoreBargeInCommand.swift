import ArgumentParser
import FrontEnd
import Scoring

/// Measures how callers interrupt prompts, and what else does.
struct ScoreBargeInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bargein", abstract: "Measure barge-in: true ones, false ones and their latency.",
        discussion: """
            Synthetic callers interrupt a prompt in noise of 20 dB, every other one on a line that returns the prompt; \
            prompts echo with nobody speaking; others talk 15 dB below a caller's level. Or a folder of stereo recordings \
            with labels of the caller's speech: the caller on the left, the prompts on the right, beside NAME.wav its \
            NAME.jsonl as 'parley detect' prints it.

            EXAMPLES:
              parley score bargein
              parley score bargein --callers 50 --echo-minutes 10 --json
              parley score bargein --cancelling    (deciding against the echo beside cancelling it, and their cost)
              parley score bargein --trade-off    (latency against false barge-ins, for several settings)
              parley score bargein --folder recordings --html report.html
            """)

    @Option(help: "A folder of labelled stereo recordings, in place of the synthetic suite.") var folder: String?
    @Flag(help: "Measure with the echo cancelled beside it, and what a frame costs both ways.") var cancelling = false
    @Flag(help: "Measure several settings of least speech and threshold, a line each.") var tradeOff = false
    @Option(help: "Callers who interrupt, 1 to 10,000.") var callers = 1_000
    @Option(help: "Minutes of echo at each return loss, 1 to 600.") var echoMinutes = 60
    @Option(help: "Minutes of other people's talk, 1 to 600.") var babbleMinutes = 30
    @OptionGroup var profile: ProfileOption
    @OptionGroup var options: ScoreOptions

    func validate() throws {
        guard (1...10_000).contains(callers) else { throw ValidationError("--callers is 1 to 10000") }
        guard !tradeOff || (folder == nil && !cancelling) else {
            throw ValidationError("--trade-off is for the synthetic suite: give it without --folder and --cancelling")
        }
        guard (1...600).contains(echoMinutes), (1...600).contains(babbleMinutes) else {
            throw ValidationError("--echo-minutes and --babble-minutes are 1 to 600")
        }
    }

    func run() throws {
        var profile = try profile.read()
        if let folder {
            return try options.report([
                try BargeInRecordings(try LabelledFolder(folder), profile: profile).scorecard()
            ])
        }
        let voices = try SpeechVoices()
        if tradeOff {
            let suite = BargeInTradeOff(voices: voices, profile: profile, seed: options.seed)
            return try options.report([
                try suite.scorecard(callers: callers, echoMinutes: echoMinutes, babbleMinutes: babbleMinutes)
            ])
        }
        var cards: [Scorecard] = []
        for cancels in cancelling ? [false, true] : [profile.cancelsEcho] {
            profile.cancelsEcho = cancels
            let suite = BargeInSuite(voices: voices, profile: profile, seed: options.seed)
            var card = try suite.scorecard(callers: callers, echoMinutes: echoMinutes, babbleMinutes: babbleMinutes)
            if cancelling { card.figures.append(try suite.cost()) }
            cards.append(card)
        }
        try options.report(cards)
    }
}
