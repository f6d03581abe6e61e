import ArgumentParser
import Scoring

/// Scores tones of the network.
struct ScoreProgressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "progress",
        abstract: "Call progress: ring-back, busy, congestion, special information tones, fax, modem, beep.",
        discussion: """
            The bundled suite makes the signals of North America, Europe and the UK at several levels, twists and rates, \
            through every codec. A labelled folder holds NAME.wav with NAME.jsonl in the form that 'parley detect' prints.

            EXAMPLES:
              parley score progress
              parley score progress --repetitions 20 --html progress.html
              parley score progress --folder labelled --json
            """)

    @OptionGroup var options: ScoreOptions
    @OptionGroup var profile: ProfileOption

    @Option(help: "How often each signal is made for each codec.")
    var repetitions = 6

    @Option(help: ArgumentHelp("Score this labelled folder instead of the bundled suite.", valueName: "folder"))
    var folder: String?

    func validate() throws {
        if repetitions < 1 || repetitions > 1_000 { throw ValidationError("--repetitions is a number from 1 to 1000.") }
    }

    func run() throws {
        let profile = try profile.read()
        if let folder {
            return try options.report([ProgressScore.folder(try LabelledFolder(folder), profile)])
        }
        let suite = ProgressSuite(seed: options.seed, repetitions: repetitions)
        var bar = ProgressBar(total: ProgressSuite.signals.count)
        let card = try ProgressScore.synthetic(suite, profile) { bar.advance($0) }
        bar.finish()
        try options.report([card])
    }
}
