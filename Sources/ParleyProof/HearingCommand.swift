import ArgumentParser
import CAllocationCounter
import CLinux
import DSP
import Foundation
import FrontEnd
import Scoring
import Telephony

/// What the front end costs a frame, part by part, and what it allocates.
struct HearingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hearing",
        abstract: "Measure the front end: nanoseconds and allocations a frame of 20 ms, by part; spandsp beside it.")

    @Option(help: "Minutes of audio to run.") var minutes = 20

    func run() throws {
        let voice = TalkOffSuite(seed: 1).audio(minutes: minutes)
        let keys = try DTMFSuite(seed: 1, keys: minutes * 60 * 5).audio(
            of: DTMFCondition("keys of 100 ms") {
                $0.on = 100...100
                $0.off = 100...100
                $0.channel = .pcmu
            }
        ).audio
        var total = 0.0
        for (name, audio) in [("voices and tones of the network", voice), ("keys of 100 ms, five a second", keys)] {
            let frames = Double(audio.samples.count / 160)
            var bare = FrontEndProfile()
            bare.hearsCallProgress = false
            let dtmf = HearingCommand.measure { HearingCommand.runDTMF(audio) }
            let rest = HearingCommand.measure { HearingCommand.runListener(audio, bare) }
            let whole = HearingCommand.measure { HearingCommand.runListener(audio, FrontEndProfile()) }
            print("\(name):")
            row("keys in band", dtmf, frames)
            row("keys, speech", rest, frames)
            row("keys, speech, call progress", whole, frames)
            if let rival = SpanDSP() {
                let cost = HearingCommand.measure { rival.run(audio.samples) }
                row("spandsp's receiver", cost, frames)
                print(String(format: "  keys in band over spandsp: %.2f", dtmf.nanoseconds / cost.nanoseconds))
            } else {
                print("  spandsp is not measured: install Debian's libspandsp2 for it")
            }
            total += whole.allocations
        }
        if total > 1_000 { throw ExitCode.failure }
    }

    private struct Cost {
        var nanoseconds: Double
        var allocations: Double
    }

    /// The best of three runs.
    private static func measure(_ work: () -> Void) -> Cost {
        var best = Cost(nanoseconds: .infinity, allocations: 0)
        for _ in 0..<3 {
            let before = parley_allocation_count()
            let begin = processorNanoseconds
            work()
            let elapsed = processorNanoseconds - begin
            best.allocations = Double(parley_allocation_count() - before)
            best.nanoseconds = min(best.nanoseconds, elapsed)
        }
        return best
    }

    /// Processor time of this thread, which other work on the machine does not lengthen as it does time on the wall.
    private static var processorNanoseconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    private func row(_ name: String, _ cost: Cost, _ frames: Double) {
        let each = cost.nanoseconds / frames
        print(
            String(
                format: "  %@ %.0f ns a frame, %.0f times real time, %.0f allocations in all",
                name.padding(toLength: 30, withPad: " ", startingAt: 0), each, 20_000_000 / each, cost.allocations))
    }

    private static func runDTMF(_ audio: PCMAudio) {
        var detector = DTMFDetector()
        let samples = audio.samples
        for start in stride(from: 0, through: samples.count - 160, by: 160) {
            detector.hear(samples.span.extracting(start..<(start + 160)))
            while detector.next() != nil {}
        }
    }

    private static func runListener(_ audio: PCMAudio, _ profile: FrontEndProfile) {
        var listener = Listener(profile, sampleRate: 8_000, clockRate: ClockRate(8_000))
        let samples = audio.samples
        for start in stride(from: 0, through: samples.count - 160, by: 160) {
            listener.hear(
                samples.span.extracting(start..<(start + 160)), at: SampleTime(ticks: Int64(start)), isConcealed: false)
            while listener.next() != nil {}
        }
    }
}
