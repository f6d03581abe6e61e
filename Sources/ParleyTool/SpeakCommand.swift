import ArgumentParser
import AudioFiles
import DSP
import Foundation
import Speech
import Telephony

/// Speaks text to a file: how a prompt sounds, and how the audio of test calls is made.
struct SpeakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speak",
        abstract: "Speak a text to a WAV file, as a prompt would sound.",
        discussion: """
            EXAMPLES:
              parley speak "Welcome to Riverbend." --output welcome.wav
              parley speak "there is a gas leak" --voice slt --rate 8000 --output gas.wav
            """)

    @Argument(help: "The words.")
    var text: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The WAV file to write.", valueName: "file"))
    var output: String

    @Option(help: "The voice: kal16, awb, rms or slt.")
    var voice = "kal16"

    @Option(help: ArgumentHelp("Samples a second.", valueName: "hertz"))
    var rate = 16_000

    func validate() throws {
        guard Synthesizer.Voice(rawValue: voice) != nil else {
            throw ValidationError(
                "there is no voice '\(voice)'; the voices are \(Synthesizer.Voice.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard (8_000...48_000).contains(rate) else { throw ValidationError("the rate is from 8000 to 48000") }
    }

    func run() throws {
        let audio = try Synthesizer.speak(text, voice: Synthesizer.Voice(rawValue: voice) ?? .kal16).resampled(to: rate)
        let writer = try AudioFileWriter(path: output, sampleRate: rate, channelCount: 1)
        try writer.write([audio.samples])
        try writer.finish()
    }
}
