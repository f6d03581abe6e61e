import ArgumentParser
import AudioFiles
import FrontEnd
import Scoring

/// Measures the speech detector and the end-pointer.
struct ScoreSpeechCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speech", abstract: "Measure voice activity and end-pointing.",
        discussion: """
            Runs a suite of synthetic voices in noise, at several levels and among signalling tones, generated from a \
            seed, or a folder of recordings with labels: NAME.wav and beside it NAME.jsonl as 'parley detect' prints it.

            EXAMPLES:
              parley score speech
              parley score speech --seconds 20 --seed 7 --json
              parley score speech --folder recordings --html report.html
              parley score speech --write suite/    (writes the suite with its labels, for other detectors)
            """)

    @Option(help: "A folder of labelled recordings, in place of the synthetic suite.") var folder: String?
    @Option(help: "Seconds of each condition of the synthetic suite, 10 to 600.") var seconds = 60
    @Option(help: ArgumentHelp("Write the synthetic suite as WAV files with labels.", valueName: "folder"))
    var write: String?
    @OptionGroup var profile: ProfileOption
    @OptionGroup var options: ScoreOptions

    func validate() throws {
        guard (10...600).contains(seconds) else { throw ValidationError("--seconds is 10 to 600") }
        if folder != nil, write != nil { throw ValidationError("--write writes the synthetic suite: give no folder") }
    }

    func run() throws {
        var score = SpeechScore(try profile.read())
        if let folder {
            for recording in try LabelledFolder(folder).recordings { score.add(try SpeechScene(recording)) }
        } else {
            let suite = SpeechSuite(voices: try SpeechVoices(), seconds: seconds, seed: options.seed)
            for index in 0..<SpeechSuite.count {
                let scene = try suite.scene(index)
                if let write { try scene.write(to: write) }
                score.add(scene)
            }
        }
        try options.report([score.scorecard(seed: folder == nil ? options.seed : nil, folder: folder)])
    }
}
