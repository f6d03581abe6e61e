import DSP
import FrontEnd
import Glibc
import Telephony
import Testing

@Suite("Listener")
struct ListenerTests {
    /// Feeds audio in frames of 20 ms and gives what was heard.
    private func hear(_ samples: [Int16], sampleRate: Int, clockRate: Int64? = nil) -> [CallerEvent] {
        let clock = ClockRate(clockRate ?? Int64(sampleRate))
        var listener = Listener(FrontEndProfile(), sampleRate: sampleRate, clockRate: clock)
        var events: [CallerEvent] = []
        let frame = sampleRate / 50
        for start in stride(from: 0, through: samples.count - frame, by: frame) {
            let position = SampleTime(ticks: Int64(start) * clock.ticksPerSecond / Int64(sampleRate))
            listener.hear(Array(samples[start..<(start + frame)]).span, at: position, isConcealed: false)
            while let event = listener.next() { events.append(event) }
        }
        return events
    }

    private func digits(_ events: [CallerEvent]) -> String {
        events.compactMap { if case .digit(let digit) = $0 { digit.digit.description } else { nil } }.joined()
    }

    /// Keys of some length with pauses, over seeded noise.
    private func keys(
        _ text: String, sampleRate: Int, on: Double = 0.05, off: Double = 0.05, level: Double = -10, twist: Double = 0,
        noise: Double = 0, seed: UInt64 = 1, frequencyFactor: Double = 1
    ) -> [Int16] {
        var samples = [Int16](repeating: 0, count: sampleRate / 10)
        for digit in text.compactMap({ Digit($0) }) {
            let (low, high) = DTMF.frequencies(of: digit)
            var tone = ToneGenerator(
                low * frequencyFactor, level - twist / 2, high * frequencyFactor, level + twist / 2,
                sampleRate: sampleRate)
            var key = [Int16](repeating: 0, count: Int(on * Double(sampleRate)))
            var span = key.mutableSpan
            tone.add(to: &span)
            samples += key + [Int16](repeating: 0, count: Int(off * Double(sampleRate)))
        }
        samples += [Int16](repeating: 0, count: sampleRate / 5)
        var generator = SeededGenerator(seed: seed)
        return samples.map { Int16(clamping: Int(Double($0) + noise * (generator.nextUnit() - 0.5) * 3.46)) }
    }

    private static let all = "123A456B789C*0#D"

    @Test("all sixteen keys of 50 ms with pauses of 50 ms are heard at every rate", arguments: [8_000, 16_000, 48_000])
    func sixteenKeys(rate: Int) {
        #expect(digits(hear(keys(ListenerTests.all, sampleRate: rate), sampleRate: rate)) == ListenerTests.all)
    }

    @Test(
        "loud and soft keys, and those with twist, are heard", arguments: [(-3.0, 0.0), (-30, 0), (-12, 4), (-12, -8)])
    func levels(level: Double, twist: Double) {
        let samples = keys(ListenerTests.all, sampleRate: 8_000, level: level, twist: twist)
        #expect(digits(hear(samples, sampleRate: 8_000)) == ListenerTests.all)
    }

    @Test("keys are heard in noise of 20 dB below them", arguments: [1, 2, 3] as [UInt64])
    func noise(seed: UInt64) {
        let samples = keys(ListenerTests.all, sampleRate: 8_000, on: 0.07, noise: 720, seed: seed)
        #expect(digits(hear(samples, sampleRate: 8_000)) == ListenerTests.all, "seed \(seed)")
    }

    @Test(
        "frequencies 1.5 % off are keys, 3.5 % off are none",
        arguments: [(0.985, true), (1.015, true), (0.965, false), (1.035, false)])
    func frequencies(factor: Double, isKey: Bool) {
        let samples = keys(ListenerTests.all, sampleRate: 8_000, on: 0.08, frequencyFactor: factor)
        #expect(digits(hear(samples, sampleRate: 8_000)) == (isKey ? ListenerTests.all : ""))
    }

    @Test("a tone of 20 ms is no key")
    func shortTone() {
        #expect(digits(hear(keys(ListenerTests.all, sampleRate: 8_000, on: 0.02), sampleRate: 8_000)) == "")
    }

    @Test("a break of 10 ms within a key does not double it")
    func breaks() {
        var samples = keys("5", sampleRate: 8_000, on: 0.12)
        for index in 1_200..<1_280 { samples[index] = 0 }
        #expect(digits(hear(samples, sampleRate: 8_000)) == "5")
    }

    @Test("a key's time is right to 10 ms")
    func keyDown() throws {
        let events = hear(keys("9", sampleRate: 8_000, on: 0.1), sampleRate: 8_000)
        guard case .digit(let digit) = try #require(events.first) else { return }
        #expect(abs(digit.start.ticks - 800) <= 80)
    }

    /// Something like speech: a gliding buzz through resonances that move from vowel to vowel, hisses between them.
    private func speech(from start: Double, seconds: Double, of total: Double) -> [Int16] {
        let vowels: [(Double, Double)] = [(700, 1_150), (320, 2_200), (520, 1_800), (440, 900), (320, 800)]
        var samples = [Int16](repeating: 0, count: Int(total * 8_000))
        var generator = SeededGenerator(seed: 4)
        var (phase, first, second) = (0.0, Resonance(), Resonance())
        for index in 0..<Int(seconds * 8_000) {
            let time = Double(index) / 8_000
            let syllable = time / 0.18
            let (from, to) = (vowels[Int(syllable) % 5], vowels[(Int(syllable) + 1) % 5])
            let part = syllable - syllable.rounded(.down)
            phase += (125 - 15 * time + 12 * (part * 6).rounded() / 6) / 8_000
            let pulse = phase >= 1 ? 9_000.0 : 0
            if phase >= 1 { phase -= 1 }
            let isHiss = part > 0.85 && Int(syllable) % 2 == 0
            let source = isHiss ? 1_500 * (generator.nextUnit() - 0.5) : pulse * min(1, 6 * part * (1.1 - part))
            let low = first.filter(source, at: from.0 + (to.0 - from.0) * part, width: 90)
            let high = second.filter(source, at: isHiss ? 3_300 : from.1 + (to.1 - from.1) * part, width: 140)
            samples[Int(start * 8_000) + index] = Int16(clamping: Int(low + 0.6 * high))
        }
        return samples
    }

    private struct Resonance {
        var (a, b) = (0.0, 0.0)

        mutating func filter(_ input: Double, at frequency: Double, width: Double) -> Double {
            let radius = exp(-Double.pi * width / 8_000)
            let output = input * (1 - radius) + 2 * radius * cos(2 * .pi * frequency / 8_000) * a - radius * radius * b
            (a, b) = (output, a)
            return output
        }
    }

    @Test("speech is heard from its onset to its end")
    func speechSpan() throws {
        let events = hear(speech(from: 1, seconds: 2, of: 5), sampleRate: 8_000)
        #expect(events.count == 2)
        guard case .speechStarted(let onset) = try #require(events.first),
            case .speechEnded(let from, let to) = try #require(events.last)
        else {
            Issue.record("a beginning and an end")
            return
        }
        #expect(abs(onset.ticks - 8_000) <= 1_600)
        #expect(from == onset)
        #expect(abs(to.ticks - 24_000) <= 1_600)
    }

    @Test("tones of the network and keys are no speech")
    func tones() {
        var dial = ToneGenerator(350, -13, 440, -13, sampleRate: 8_000)
        var samples = [Int16](repeating: 0, count: 24_000)
        var span = samples.mutableSpan
        dial.add(to: &span)
        let events = hear(samples, sampleRate: 8_000)
        #expect(events.count == 1)
        guard case .toneStarted(.dialTone, let start)? = events.first else { return }
        #expect(abs(start.ticks) <= 160)
    }

    @Test("a key by event and by tone is one digit, whichever comes first")
    func merged() {
        let samples = keys("5", sampleRate: 8_000, on: 0.1)
        for eventFirst in [true, false] {
            var listener = Listener(FrontEndProfile(), sampleRate: 8_000, clockRate: ClockRate(8_000))
            var heard = ""
            if eventFirst, let five = Digit("5") { listener.telephoneEvent(five, keyDown: SampleTime(ticks: 810)) }
            for start in stride(from: 0, through: samples.count - 160, by: 160) {
                listener.hear(
                    Array(samples[start..<(start + 160)]).span, at: SampleTime(ticks: Int64(start)), isConcealed: false)
            }
            if !eventFirst, let five = Digit("5") { listener.telephoneEvent(five, keyDown: SampleTime(ticks: 790)) }
            while let event = listener.next() { if case .digit(let digit) = event { heard += digit.digit.description } }
            #expect(heard == "5")
        }
    }
}
