import ArgumentParser
import AudioFiles
import DSP
import Foundation
import FrontEnd
import Replay
import Telephony

/// Prints what the front end hears in audio files.
struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Print what the front end hears in audio: keys, speech and tones of the network.",
        discussion: """
            One JSON object a line, with times in seconds of the audio: keys when they go up, speech and tones when they \
            end. Of a stereo file the left channel is heard. Audio is heard at 8, 16 or 48 kHz; any other rate from 8 to \
            48 kHz is brought to 8 kHz first.

            EXAMPLES:
              parley detect caller.wav
              parley detect recordings/*.wav --profile noisy-line.yaml | jq 'select(.event == "digit")'
              parley detect caller.wav --frames
              parley detect capture.ul --raw mulaw --rate 8000
              sox caller.flac -t wav - | parley detect -
              parley detect --settings > profile.yaml
            """)

    @Argument(help: "Audio files; - for standard input.")
    var files: [String] = []

    @OptionGroup var profile: ProfileOption

    @Flag(
        help: "Print one line a decision about 20 ms instead: how likely it is speech, and whether it counts as such.")
    var frames = false

    @Option(help: "The files have no header but hold samples of this form: mulaw, alaw or s16le, mono.")
    var raw: RawFormat?

    @Option(help: ArgumentHelp("The sample rate of raw samples.", valueName: "Hz"))
    var rate = 8_000

    @Flag(help: "Print a profile with every setting, its default, and what moving it does; hear nothing.")
    var settings = false

    func validate() throws {
        if files.isEmpty, !settings { throw ValidationError("Name an audio file, or - for standard input.") }
        if !AudioFile.Limits.sampleRates.contains(rate) {
            throw ValidationError("A rate of \(rate) Hz is not supported; give one from 8000 to 48000 Hz.")
        }
    }

    func run() throws {
        if settings { return Terminal.print(String(FrontEndProfile.documentedFile.dropLast())) }
        let profile = try profile.read()
        var failures = 0
        for file in files {
            do {
                let audio = try read(file)
                var detection = Detection(file: file, audio: audio, profile: profile, printsFrames: frames)
                try detection.run()
            } catch let error as AudioFileError {
                Terminal.explain("\(error)")
                failures += 1
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }

    private func read(_ file: String) throws -> PCMAudio {
        let audio: PCMAudio
        if let raw {
            audio = try raw.decode(try octets(of: file), sampleRate: rate, file: file)
        } else if file == "-" {
            audio = try AudioFile.readStandardInput().caller
        } else {
            audio = try AudioFile.read(file).caller
        }
        guard ![8_000, 16_000, 48_000].contains(audio.sampleRate) else { return audio }
        return try audio.resampled(to: 8_000)
    }

    private func octets(of file: String) throws -> Data {
        if file == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw AudioFileError(file, "there is no such file, or it cannot be opened")
        }
        return data
    }
}

/// Samples without a header.
enum RawFormat: String, ExpressibleByArgument, CaseIterable {
    case mulaw
    case alaw
    case s16le

    /// - Throws: ``AudioFileError`` when there is nothing, or half a sample.
    func decode(_ data: Data, sampleRate: Int, file: String) throws -> PCMAudio {
        let name = file == "-" ? "standard input" : file
        guard !data.isEmpty else { throw AudioFileError(name, "is empty") }
        let octets = [UInt8](data)
        if self == .s16le {
            guard octets.count % 2 == 0 else {
                throw AudioFileError(name, "ends in the middle of a 16-bit sample; is it really s16le?")
            }
            let samples = stride(from: 0, to: octets.count, by: 2).map { index in
                Int16(bitPattern: UInt16(octets[index]) | UInt16(octets[index + 1]) << 8)
            }
            return PCMAudio(sampleRate: sampleRate, samples: samples)
        }
        var decoder = try AudioDecoder(self == .mulaw ? .pcmu : .pcma)
        var samples = [Int16](repeating: 0, count: octets.count)
        var target = samples.mutableSpan
        for start in stride(from: 0, to: octets.count, by: 160) {
            let end = min(start + 160, octets.count)
            _ = decoder.decode(octets.span.extracting(start..<end), into: &target, at: start)
        }
        return PCMAudio(sampleRate: sampleRate, samples: samples)
    }
}

/// Runs the front end over one file and prints what it hears.
private struct Detection {
    private let file: String
    private let audio: PCMAudio
    private let profile: FrontEndProfile
    private let printsFrames: Bool
    private let output = JSONLines()
    /// Speech that has begun.
    private var speechStart: SampleTime?

    init(file: String, audio: PCMAudio, profile: FrontEndProfile, printsFrames: Bool) {
        self.file = file
        self.audio = audio
        self.profile = profile
        self.printsFrames = printsFrames
    }

    mutating func run() throws {
        let rate = audio.sampleRate
        let length = rate / 50
        var listener = Listener(profile, sampleRate: rate, clockRate: ClockRate(Int64(rate)))
        var frame = [Int16](repeating: 0, count: length)
        for start in stride(from: 0, to: audio.samples.count, by: length) {
            // The last frame is filled up with silence.
            for index in 0..<length {
                frame[index] = start + index < audio.samples.count ? audio.samples[start + index] : 0
            }
            listener.hear(frame.span, at: SampleTime(ticks: Int64(start)), isConcealed: false)
            if printsFrames { try printFrame(listener.lastDecision, end: start + length) }
            try printEvents(of: &listener)
        }
        listener.finish(at: SampleTime(ticks: Int64((audio.samples.count + length - 1) / length * length)))
        try printEvents(of: &listener)
        guard let speechStart, !printsFrames else { return }
        try print(.speech(file, seconds(speechStart), seconds(SampleTime(ticks: Int64(audio.samples.count)))))
    }

    private func printFrame(_ decision: FrameDecision, end: Int) throws {
        let line = FrameLine(
            file: file, end: rounded(Double(end) / Double(audio.sampleRate)), speech: rounded(decision.speech),
            active: decision.isActive)
        Terminal.print(try output.line(line))
    }

    private mutating func printEvents(of listener: inout Listener) throws {
        while let event = listener.next() {
            guard !printsFrames else { continue }
            switch event {
            case .digit, .keySounds, .toneStarted: break
            case .keyReleased(let key):
                try print(
                    HeardLine(
                        file: file, event: "digit", digit: key.digit.description, source: DigitSource.inBand.rawValue,
                        start: seconds(key.start), end: seconds(key.end), levelInDBOV: tenths(key.levelInDBOV)))
            case .speechStarted(let start): speechStart = start
            case .speechEnded(let start, let end):
                speechStart = nil
                try print(.speech(file, seconds(start), seconds(end)))
            case .toneEnded(let span):
                try print(
                    HeardLine(
                        file: file, event: "tone", tone: span.tone.rawValue, start: seconds(span.start),
                        end: seconds(span.end)))
            }
        }
    }

    private func print(_ line: HeardLine) throws { Terminal.print(try output.line(line)) }

    private func seconds(_ time: SampleTime) -> Double {
        let limit = Double(audio.samples.count) / Double(audio.sampleRate)
        return rounded(max(0, min(limit, Double(time.ticks) / Double(audio.sampleRate))))
    }

    private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
    private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

/// Something that was heard, as it is printed.
private struct HeardLine: Encodable {
    var file: String
    var event: String
    var digit: String?
    var source: String?
    var tone: String?
    var start: Double
    var end: Double
    var levelInDBOV: Double?

    static func speech(_ file: String, _ start: Double, _ end: Double) -> HeardLine {
        HeardLine(file: file, event: "speech", start: start, end: end)
    }
}

/// A decision about a frame, as it is printed.
private struct FrameLine: Encodable {
    var file: String
    var end: Double
    var speech: Double
    var active: Bool
}
