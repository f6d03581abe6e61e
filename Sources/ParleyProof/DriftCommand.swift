import ArgumentParser
import CallControl
import Foundation
import Replay
import Telephony

/// A long call whose two clocks differ: the delay stays, and a steady tone stays without a click.
struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Run a long call with clock drift, and look for growing delay and clicks.")

    @Option(help: "Minutes of call.") var minutes = 60
    @Option(help: "How much faster the sender's clock runs, in parts per million.") var drift = 200.0
    @Option(help: "The codec, or all of them one after another.") var codec = "all"

    func validate() throws {
        guard codec != "all", CodecChoice(rawValue: codec) == nil else { return }
        throw ValidationError("there is no codec '\(codec)'; give pcmu, pcma, g722, opus, l16 or all")
    }

    func run() async throws {
        let codecs = CodecChoice(rawValue: codec).map { [$0] } ?? CodecChoice.allCases
        var isWrong = false
        for codec in codecs {
            for ppm in [drift, -drift] where try await !isSteady(codec, driftInPPM: ppm) { isWrong = true }
        }
        if isWrong { throw ExitCode.failure }
    }

    /// Runs one call; whether its delay stayed low and its tone whole.
    private func isSteady(_ codec: CodecChoice, driftInPPM ppm: Double) async throws -> Bool {
        var observer = ClickCounter()
        var options = ReplayOptions()
        options.recordsAudio = true
        let replay = try CallReplay(
            of: call(codec, driftInPPM: ppm), agent: try LineAgent.silent(), outside: ToneOutside(), options: options)
        let media = try await replay.run(&observer).context.media
        let delay = media?.playoutDelay ?? 0
        print(
            String(
                format: "%@ %+.0f ppm, %d min: %.0f s recorded, mean delay %.1f ms, %d clicks, %.4f concealed",
                codec.rawValue, ppm, minutes, Double(observer.samples) / Double(observer.sampleRate), delay,
                observer.clicks, media?.concealed ?? 0))
        return observer.clicks == 0 && delay <= 100
    }

    /// A caller who whistles one note for as long as the call lasts.
    private func call(_ codec: CodecChoice, driftInPPM ppm: Double) -> TestCall {
        var call = TestCall(name: "drift")
        call.codec = codec
        call.network.driftInPPM = ppm
        call.limit = .seconds(Int64(minutes) * 60 + 60)
        let rate = 16_000
        let tone = PCMAudio(
            sampleRate: rate,
            samples: (0..<minutes * 60 * rate).map { Int16(8_000 * sin(2 * .pi * 400 * Double($0) / Double(rate))) })
        call.script = [
            CallerStep(trigger: .at(.zero), action: .speak(.init(audio: tone, words: "", confidence: 0))),
            CallerStep(trigger: .after(.zero), action: .hangUp),
        ]
        return call
    }
}

/// Counts samples at which a steady tone breaks: where the second difference is far beyond a sine's.
private struct ClickCounter: ReplayObserver {
    private(set) var clicks = 0
    private(set) var samples = 0
    private(set) var sampleRate = 8_000
    private var last: (Int, Int) = (0, 0)
    private var quietUntil = 0

    mutating func happened(_ event: CallEvent) {}

    mutating func recorded(_ audio: RecordedAudio) {
        sampleRate = audio.sampleRate
        // The bend of a sine of 400 Hz and amplitude 8,000, and as much again for the codec's noise.
        let angle = 2 * Double.pi * 400 / Double(sampleRate)
        let bound = Int(8_000 * angle * angle * 1.5 + 1_200)
        for sample in audio.channels[0] {
            let bend = abs(Int(sample) - 2 * last.0 + last.1)
            // The first second is the beginning of the tone.
            if samples > sampleRate, samples > quietUntil, bend > bound {
                clicks += 1
                quietUntil = samples + sampleRate / 50
            }
            last = (Int(sample), last.0)
            samples += 1
        }
    }
}
