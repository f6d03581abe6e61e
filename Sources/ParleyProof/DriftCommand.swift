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
    @Option(help: "The codec.") var codec = "pcmu"

    func run() async throws {
        var isWrong = false
        for ppm in [drift, -drift] {
            let choice = CodecChoice(rawValue: codec) ?? .pcmu
            var call = TestCall(name: "drift")
            call.codec = choice
            call.network.driftInPPM = ppm
            call.limit = .seconds(Int64(minutes) * 60 + 60)
            let rate = 16_000
            let count = minutes * 60 * rate
            let tone = PCMAudio(
                sampleRate: rate,
                samples: (0..<count).map { Int16(8_000 * sin(2 * .pi * 400 * Double($0) / Double(rate))) })
            call.script = [
                CallerStep(trigger: .at(.zero), action: .speak(.init(audio: tone, words: "", confidence: 0))),
                CallerStep(trigger: .after(.zero), action: .hangUp),
            ]
            var options = ReplayOptions()
            options.recordsAudio = true
            var observer = ClickCounter()
            let replay = try CallReplay(
                of: call, agent: try LineAgent.silent(), outside: ToneOutside(), options: options)
            let result = try await replay.run(&observer)
            let delay = result.context.media?.playoutDelay ?? 0
            print(
                String(
                    format: "%@ %+.0f ppm, %d min: %.0f s recorded, mean delay %.1f ms, %d clicks, %.4f concealed",
                    choice.rawValue, ppm, minutes, Double(observer.samples) / Double(observer.sampleRate), delay,
                    observer.clicks,
                    result.context.media?.concealed ?? 0))
            isWrong = isWrong || observer.clicks > 0 || delay > 100
        }
        if isWrong { throw ExitCode.failure }
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
        for sample in audio.caller {
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
