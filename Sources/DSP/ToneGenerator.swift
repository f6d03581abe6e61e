package import Telephony

/// Makes a tone with its cadence, sample by sample across frames, without a step in phase.
///
/// The sine is a table of our own, so that every machine gives the same samples.
package struct ToneGenerator: Sendable {
    /// A sine: its place in units of 2^-32 turns, and its peak.
    private struct Oscillator: Sendable {
        var phase: UInt32 = 0
        var step: UInt32 = 0
        var amplitude: Float = 0
    }

    private let clockRate: ClockRate
    /// Samples over which a burst rises and falls.
    private let ramp: Int
    private var first: Oscillator
    private var second: Oscillator
    private let cadence: Cadence
    private var segment = 0
    /// Rounds of the cadence that are left, the present one included.
    private var rounds: Int
    /// Samples of the segment that are played and that are left.
    private var position = 0
    private var rest = 0
    /// Whether there is more to come.
    package private(set) var isActive: Bool

    private static let tableBits = 10
    /// One turn of a sine, its first value repeated at the end.
    private static let table = (0...(1 << tableBits)).map {
        Float(Elementary.sine(turns: Double($0) / Double(1 << tableBits)))
    }

    /// - Parameter ramp: how long a burst takes to rise and to fall, within its duration.
    package init(
        _ tone: Tone, sampleRate: Int, cadence: Cadence = .continuous, ramp: Interval = .milliseconds(2)
    ) {
        clockRate = ClockRate(Int64(sampleRate))
        self.ramp = max(1, Int(clamping: clockRate.ticks(ramp)))
        first = ToneGenerator.oscillator(tone.first, sampleRate: sampleRate)
        second = tone.second.map { ToneGenerator.oscillator($0, sampleRate: sampleRate) } ?? Oscillator()
        self.cadence = cadence
        rounds = cadence.repetitions ?? .max
        isActive = rounds > 0
        beginSegment()
    }

    /// A DTMF key (ITU-T Q.23): both of its frequencies at a level in dBm0, the higher one louder by the twist in dB.
    package init(_ digit: Digit, sampleRate: Int, levelInDBm0: Double = -8, twistInDB: Double = 0) {
        self.init(Tone(digit, levelInDBm0: levelInDBm0, twistInDB: twistInDB), sampleRate: sampleRate)
    }

    /// Two frequencies in Hz with a level in dBm0 each.
    package init(
        _ frequency: Double, _ levelInDBm0: Double, _ secondFrequency: Double = 0, _ secondLevelInDBm0: Double = -200,
        sampleRate: Int
    ) {
        self.init(
            Tone(
                .init(frequency: frequency, levelInDBm0: levelInDBm0),
                .init(frequency: secondFrequency, levelInDBm0: secondLevelInDBm0)), sampleRate: sampleRate)
    }

    private static func oscillator(_ component: Tone.Component, sampleRate: Int) -> Oscillator {
        let turns = component.frequency / Double(sampleRate)
        guard turns > 0, turns < 0.5 else { return Oscillator() }
        return Oscillator(
            step: UInt32((turns * 0x1p32).rounded()),
            amplitude: Float(Level.peak(dBm0: min(component.levelInDBm0, Level.fullScaleSineInDBm0))))
    }

    /// Ends the tone within the time that a burst takes to fall.
    package mutating func stop() {
        guard isActive else { return }
        guard isSounding else {
            isActive = false
            return
        }
        // A burst that has not risen yet falls from where it is.
        rest = min(rest, ramp, max(1, position))
        rounds = 0
    }

    private var isSounding: Bool { segment % 2 == 0 }

    private mutating func beginSegment() {
        position = 0
        rest = cadence.segments.isEmpty ? .max : max(1, Int(clamping: clockRate.ticks(cadence.segments[segment])))
    }

    private mutating func endSegment() {
        segment += 1
        if segment >= cadence.segments.count || rounds == 0 {
            segment = 0
            if cadence.repetitions != nil { rounds -= 1 }
            isActive = rounds > 0
        }
        beginSegment()
    }

    /// Overwrites a frame with the tone, and with silence where it pauses or has ended.
    package mutating func generate(into frame: inout MutableSpan<Int16>) {
        frame.silence()
        add(to: &frame)
    }

    /// Adds the tone to a frame.
    package mutating func add(to frame: inout MutableSpan<Int16>) {
        var offset = 0
        while offset < frame.count, isActive {
            let count = min(frame.count - offset, rest)
            if isSounding { addBurst(to: &frame, from: offset, count: count) }
            offset += count
            position = min(position, ramp) + count
            if rest != .max { rest -= count }
            if rest == 0 { endSegment() }
        }
    }

    private mutating func addBurst(to frame: inout MutableSpan<Int16>, from offset: Int, count: Int) {
        let values = ToneGenerator.table
        let table = values.span
        var a = first
        var b = second
        for index in 0..<count {
            let edge = min(position &+ index &+ 1, rest &- index, ramp)
            let gain = Float(edge) / Float(ramp)
            let sum = ToneGenerator.next(&a, table) + ToneGenerator.next(&b, table)
            // Truncation of a positive number, so that halves go one way.
            let sample = Int32(sum * gain + 131_072.5) &- 131_072
            frame[offset &+ index] = Int16(clamping: Int32(frame[offset &+ index]) &+ sample)
        }
        first = a
        second = b
    }

    @inline(__always)
    private static func next(_ oscillator: inout Oscillator, _ table: Span<Float>) -> Float {
        let index = Int(oscillator.phase >> UInt32(32 - tableBits))
        let fraction = Float(oscillator.phase << UInt32(tableBits)) * 0x1p-32
        oscillator.phase &+= oscillator.step
        let low = table[index]
        return oscillator.amplitude * (low + (table[index &+ 1] - low) * fraction)
    }
}
