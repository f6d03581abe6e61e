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
              parley score speech --rivals    (webrtcvad and speexdsp's detector in the same run)
              parley score speech --folder recordings --html report.html
              parley score speech --write suite/    (writes the suite with its labels, for other detectors)
            """)

    @Option(help: "A folder of labelled recordings, in place of the synthetic suite.") var folder: String?
    @Option(help: "Seconds of each condition of the synthetic suite, 10 to 600.") var seconds = 60
    @Option(help: ArgumentHelp("Write the synthetic suite as WAV files with labels.", valueName: "folder"))
    var write: String?
    @Flag(help: "Measure webrtcvad and speexdsp's detector too, where they are installed.") var rivals = false
    @OptionGroup var profile: ProfileOption
    @OptionGroup var options: ScoreOptions

    func validate() throws {
        guard (10...600).contains(seconds) else { throw ValidationError("--seconds is 10 to 600") }
        if folder != nil, write != nil { throw ValidationError("--write writes the synthetic suite: give no folder") }
    }

    func run() throws {
        let profile = try profile.read()
        let (rivals, missing) = rivals ? SpeechRival.all() : ([], [])
        var score = SpeechScore(profile)
        var others = rivals.map { _ in SpeechScore(profile) }
        let labelled = try folder.map { try LabelledFolder($0) }
        try eachScene(labelled) { scene in
            score.add(scene)
            for (index, rival) in rivals.enumerated() {
                others[index].add(scene, try rival.decisions(of: scene.samples))
            }
        }
        let seed = folder == nil ? options.seed : nil
        var card = score.scorecard(seed: seed, folder: folder)
        card.notes += missing + (labelled?.notes(on: "speech") ?? [])
        try options.report(
            [card]
                + zip(rivals, others).map { $1.scorecard(seed: seed, folder: folder, detector: $0.name) })
    }

    private func eachScene(_ labelled: LabelledFolder?, _ hear: (SpeechScene) throws -> Void) throws {
        if let labelled {
            for recording in labelled.recordings { try hear(try SpeechScene(recording)) }
            return
        }
        let suite = SpeechSuite(voices: try SpeechVoices(), seconds: seconds, seed: options.seed)
        for index in 0..<SpeechSuite.count {
            let scene = try suite.scene(index)
            if let write { try scene.write(to: write) }
            try hear(scene)
        }
    }
}
