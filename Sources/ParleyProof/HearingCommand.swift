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
        var allocations = 0.0
        print("The whole front end:")
        for (name, audio) in try HearingCommand.calls(minutes: minutes) {
            let frames = Double(audio.samples.count / 160)
            var bare = FrontEndProfile()
            bare.hearsCallProgress = false
            let rest = HearingCommand.measure { HearingCommand.runListener(audio, bare) }
            let whole = HearingCommand.measure { HearingCommand.runListener(audio, FrontEndProfile()) }
            print("  \(name):")
            row("keys, speech", rest, frames)
            row("keys, speech, call progress", whole, frames)
            allocations = max(allocations, rest.allocations, whole.allocations)
        }
        allocations = max(allocations, try compareWithSpanDSP())
        // What a detector and a listener have of their own, and none a frame.
        if allocations > 100 { throw ExitCode.failure }
    }

    /// Keys in band beside spandsp's receiver, on every kind of audio; gives the most allocations of a run.
    private func compareWithSpanDSP() throws -> Double {
        print("Keys in band alone, nanoseconds a frame of 20 ms beside spandsp's receiver:")
        let rival = SpanDSP()
        if rival == nil { print("  spandsp is not measured: install Debian's libspandsp2 for it") }
        var allocations = 0.0
        for (name, audio) in try HearingCommand.kinds(minutes: max(1, minutes / 4)) {
            let frames = Double(audio.samples.count / 160)
            let own = HearingCommand.measure { HearingCommand.runDTMF(audio) }
            allocations = max(allocations, own.allocations)
            var line = "  " + name.padding(toLength: 36, withPad: " ", startingAt: 0)
            line += String(format: "%5.0f", own.nanoseconds / frames)
            if let rival {
                let cost = HearingCommand.measure { rival.run(audio.samples) }
                let ratio = own.nanoseconds / cost.nanoseconds
                line += String(format: " of %5.0f, ratio %.2f", cost.nanoseconds / frames, ratio)
            }
            print(line + String(format: ", %.0f allocations in all", own.allocations))
        }
        return allocations
    }

    private static func calls(minutes: Int) throws -> [(String, PCMAudio)] {
        [
            ("voices and tones of the network", TalkOffSuite(seed: 1).audio(minutes: minutes)),
            ("keys of 100 ms, five a second", try keys(minutes, on: 100, off: 100) { $0.channel = .pcmu }),
        ]
    }

    private static func kinds(minutes: Int) throws -> [(String, PCMAudio)] {
        [
            ("silence", PCMAudio(sampleRate: 8_000, samples: [Int16](repeating: 0, count: minutes * 480_000))),
            ("white noise", noise(minutes)),
            ("clicks, 40 a second", clicks(minutes, every: 200)),
            ("clicks, 200 a second", clicks(minutes, every: 40)),
            ("voices and tones of the network", TalkOffSuite(seed: 1).audio(minutes: minutes)),
            ("keys of 100 ms, pauses of 100 ms", try keys(minutes, on: 100, off: 100) { $0.channel = .pcmu }),
            ("keys of 50 ms, pauses of 50 ms", try keys(minutes, on: 50, off: 50) { $0.channel = .pcmu }),
            ("keys of 40 ms, pauses of 40 ms", try keys(minutes, on: 40, off: 40) { $0.channel = .pcmu }),
            ("keys of 50 ms in noise of 15 dB", try keys(minutes, on: 50, off: 50) { $0.signalToNoise = 15 }),
            ("keys of 50 ms under a dial tone", try keys(minutes, on: 50, off: 50) { $0.dialTone = -10 }),
            ("keys of 2 s", try keys(minutes, on: 2_000, off: 100) { _ in }),
            ("tones off by 3.5 % and more, 50 ms", try keys(minutes, on: 50, off: 50) { $0.error = 0.035...0.06 }),
            ("tones of 20 ms, pauses of 30 ms", try keys(minutes, on: 20, off: 30) { _ in }),
        ]
    }

    private static func keys(
        _ minutes: Int, on: Double, off: Double, _ change: (inout DTMFCondition) -> Void
    ) throws -> PCMAudio {
        let condition = DTMFCondition("keys") {
            $0.on = on...on
            $0.off = off...off
            change(&$0)
        }
        return try DTMFSuite(seed: 1, keys: Int(Double(minutes) * 60_000 / (on + off))).audio(of: condition).audio
    }

    private static func noise(_ minutes: Int) -> PCMAudio {
        var generator = SeededGenerator(seed: 7)
        let samples = (0..<(minutes * 480_000)).map { _ in Int16(4_000 * (generator.nextUnit() - 0.5)) }
        return PCMAudio(sampleRate: 8_000, samples: samples)
    }

    /// Single samples of any height, so many samples apart on average.
    private static func clicks(_ minutes: Int, every: Int) -> PCMAudio {
        var generator = SeededGenerator(seed: 8)
        var samples = [Int16](repeating: 0, count: minutes * 480_000)
        var index = 0
        while index < samples.count {
            samples[index] = Int16(60_000 * (generator.nextUnit() - 0.5))
            index += 1 + Int(2 * Double(every) * generator.nextUnit())
        }
        return PCMAudio(sampleRate: 8_000, samples: samples)
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
                format: "    %@ %.0f ns a frame, %.0f times real time, %.0f allocations in all",
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
