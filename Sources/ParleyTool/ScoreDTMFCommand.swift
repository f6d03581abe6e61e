import ArgumentParser
import AudioFiles
import DSP
import Foundation
import Scoring
import Telephony

/// Scores keys.
struct ScoreDTMFCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dtmf",
        abstract: "Keys in the audio: the grid of frequency error, twist, level, length and noise; talk-off.",
        discussion: """
            The bundled suite makes keys within the limits of ITU-T Q.24 and signals outside of them, through every codec. \
            --talk-off adds folders of speech and music in which there is no key.

            A labelled folder holds NAME.wav with NAME.jsonl in the form that 'parley detect' prints, or NAME.csv with \
            the columns event,digit,start,end.

            EXAMPLES:
              parley score dtmf
              parley score dtmf --keys 8000 --rivals
              parley score dtmf --talk-off /usr/share/asterisk/sounds --talk-off /usr/share/asterisk/moh
              parley score dtmf --folder labelled --json
            """)

    @OptionGroup var options: ScoreOptions
    @OptionGroup var profile: ProfileOption

    @Option(help: "Keys of each condition of the bundled suite.")
    var keys = 800

    @Option(help: ArgumentHelp("Score this labelled folder instead of the bundled suite.", valueName: "folder"))
    var folder: String?

    @Option(
        help: ArgumentHelp("Also listen to the audio of this folder, in which there is no key.", valueName: "folder"))
    var talkOff: [String] = []

    @Flag(help: "Also score spandsp's receiver, where Debian's libspandsp2 is installed.")
    var rivals = false

    func validate() throws {
        if keys < 1 || keys > 100_000 { throw ValidationError("--keys is a number from 1 to 100000.") }
    }

    func run() throws {
        var detectors = [DigitDetector.parley(try profile.read())]
        if rivals {
            if let rival = SpanDSP() {
                detectors.append(rival.detector)
            } else {
                Terminal.explain("spandsp is not scored: install Debian's libspandsp2 for it")
            }
        }
        let labelled = try folder.map { try LabelledFolder($0) }
        let quiet = try talkOff.flatMap { try ScoreDTMFCommand.audio(in: $0) }
        let suite = DTMFSuite(seed: options.seed, keys: keys)
        let count = DTMFCondition.inside.count + DTMFCondition.outside.count
        var bar = ProgressBar(total: detectors.count * count)
        var cards: [Scorecard] = []
        for detector in detectors {
            if let labelled {
                cards.append(DTMFScore.folder(labelled, detector))
            } else {
                cards.append(try DTMFScore.synthetic(suite, detector, talkOff: quiet) { bar.advance($0) })
            }
        }
        bar.finish()
        try options.report(cards)
    }

    /// Every audio file of a folder that holds any audio.
    private static func audio(in folder: String) throws -> [PCMAudio] {
        let names = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
        let files = names.filter { ["wav", "flac"].contains(($0 as NSString).pathExtension.lowercased()) }
        guard !files.isEmpty else {
            throw CommandError(description: "\(folder): holds no WAV or FLAC file; name a folder of speech or music")
        }
        return try files.compactMap { file in
            do {
                let audio = try AudioFile.read(folder + "/" + file).caller
                return [8_000, 16_000, 48_000].contains(audio.sampleRate) ? audio : try audio.resampled(to: 8_000)
            } catch let error as AudioFileError where error.problem == AudioFileError.isEmpty {
                return nil
            }
        }
    }
}
