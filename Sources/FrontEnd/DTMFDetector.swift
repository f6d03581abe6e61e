package import Telephony

/// Finds keys in audio of 8 kHz (ITU-T Q.23, Q.24).
///
/// A cheap gate, careful judges. ``KeyToneBank`` says every 5 ms which key the last 30 ms may hold, looking at nothing
/// but the eight frequencies; so neither dial tone nor hum hides a key. While the gate is open, ``TwoToneFit`` measures
/// what is there over its whole length: frequencies to a fraction of a hertz, edges to a few milliseconds, twist, and the
/// share of the band that the two tones explain. A key is what lasts 30 ms, lies within 2.5 % of both of its frequencies
/// and within the twist, and leaves little unexplained. It ends when its tones have been away for 25 ms.
package struct DTMFDetector: Sendable {
    /// A key that went down or up.
    package struct Detection: Sendable {
        package var digit: Digit
        /// When it went down, in samples of 8 kHz from the beginning of the frame in hand; negative before it.
        package var startInSamples: Int
        /// When it went up, likewise; `nil` while it is down.
        package var endInSamples: Int?
        /// RMS of both tones together.
        package var levelInDBOV: Double
    }

    /// What a key has to be.
    struct Limits: Sendable {
        /// The squared peak amplitude of the weaker tone: about -52 dBm0.
        var leastPower: Float = 3_300
        /// Samples of the shortest key: 30 ms.
        var shortest = 240
        /// Samples of the shortest key of which a codec ate a part: 22.5 ms.
        var shortestWhenClear = 180
        /// Samples of the shortest key of which a codec left still less, and how long it has to be heard at all: 18.75 ms
        /// and 44 ms. A codec at 16 kbit/s lengthens a tone of 20 ms to 43 ms at most, and one of 40 ms to 45 ms at least.
        var shortestRemains = 150
        var shortestSounding = 350
        /// How long what is cleanly no longer than 20 ms has to be heard, 45.6 ms, and the samples that remain at least of
        /// what is clean and of what is not.
        var soundingOfShortest = 365
        var leastRemains = 120
        var leastUncleanRemains = 150
        /// Of the trace of a key of which a codec ate a part, as a share: beyond that, the trace and the fit together may
        /// be off by so much in one tone, and in both.
        var tracedTolerance: Float = 0.0195
        var toleranceOfOne: Float = 0.033
        var toleranceOfBoth: Float = 0.05
        /// Of both frequencies, as a share, and in Hz beside it for the error of the measurement.
        var frequencyTolerance: Float = 0.015
        var frequencySlack: Float = 3.5
        /// High over low group in power, +5.3 dB, and low over high, 9.1 dB: beyond what must be accepted by what noise
        /// adds.
        var mostTwist: Float = 3.4
        var mostReverseTwist: Float = 8.2
        /// The same by what a codec adds: +6.5 dB and 10.5 dB.
        var codedTwist: Float = 4.5
        var codedReverseTwist: Float = 11.2
        /// The same of tones that have nothing about them but themselves, as a codec at a low rate leaves them now and then,
        /// and of those over a dial tone: 13 dB, and +6.5 dB and 11.5 dB.
        var purestReverseTwist: Float = 20
        var dialledTwist: Float = 4.5
        var dialledReverseTwist: Float = 14
        /// By how much their power may change, as a ratio: of tones that are steady, and of those over a dial tone.
        var mostUnsteadiness: Float = 1.9
        var dialledUnsteadiness: Float = 2.6
        /// What remains of a key may have below it, relative to its power.
        var mostBelow: Float = 1
        /// Samples of a trace that make a fit worth its while: of tones that go on and of tones that are over.
        var leastTrace: Float = 256
        var leastTraceWhenOver: Float = 168

        /// Whether tones may be off by so many radians a sample, as far as a trace can say.
        func allow(_ offset: Float, of frequency: Float) -> Bool {
            abs(offset) / TwoToneFit.radiansPerHertz <= (frequencyTolerance + 0.005) * frequency + frequencySlack + 5
        }
    }

    private static let block = KeyToneBank.block
    /// Samples that are kept, and in which a key is looked for.
    private static let history = 800
    private static let reach = 640
    private static let capacity = history + 160 * 6
    /// Magnitude of samples, a power of two, below which there is no key.
    private static let silence: Int16 = 32
    /// Samples without the key's tones after which it is up: 25 ms.
    private static let release = 200
    /// Openings in a row after which tones may be as long as a key, and those of which a codec may have left no more.
    private static let openingsToTrace = 3
    private static let leastOpenings = 2
    /// Samples before its tones at which a key may have begun.
    private static let mostBefore = 320
    /// Samples between the windows by which it is found where it sounds, and those of the longest dip in it.
    private static let soundStep = 20
    private static let longestDip = 60
    /// Samples of the stretch in which what is left of a key is looked for.
    private static let remains = 176
    /// Samples by which a trace may be off at either end, and more.
    private static let traceError = 40
    /// Radians a sample, 1.5 Hz, by which a trace that is not off is off.
    private static let sharpness = 1.5 * TwoToneFit.radiansPerHertz
    /// Attempts at every opening of the gate before they become rarer.
    private static let eagerAttempts = 10

    private let limits: Limits
    private var bank = KeyToneBank()
    /// The last samples; those before `count` are there.
    private var samples: [Int16]
    private var count = DTMFDetector.history
    /// Samples of ``samples`` that the bank has taken.
    private var banked = DTMFDetector.history

    /// The gate's opening in hand.
    private var candidate: KeyToneBank.Candidate?
    private var openings = 0
    private var attempts = 0
    /// Where in ``samples`` an attempt is worth its while again.
    private var nextAttempt = 0
    /// What opened the gate was too short and is over.
    private var isDismissed = false
    private var dialTone = DialTone()
    /// The key that is down.
    private var key: Key?
    /// Where in ``samples`` the tones of the key before ended, and which it was.
    private var lastEnd = 0
    private var lastKey = (row: -1, column: -1)

    private struct Key: Sendable {
        var digit: Digit
        var row: Int
        var column: Int
        /// Index in ``samples``; may be negative.
        var start: Int
        var lastPresent: Int
        var lowPower: Float
        var highPower: Float
    }

    private var found: InlineArray<8, Detection?> = InlineArray(repeating: nil)
    private var foundCount = 0
    private var taken = 0

    /// The last 100 ms and more, the frame in hand at the end.
    var recentSamples: [Int16] { samples }
    var sampleCount: Int { count }
    /// What was heard last could be the beginning of a key.
    var mayBeInTone: Bool { key != nil || candidate != nil }

    /// A key's tones are in the audio.
    var isInTone: Bool { key != nil || openings >= 3 }

    package init() { self.init(limits: Limits()) }

    init(limits: Limits) {
        self.limits = limits
        samples = [Int16](repeating: 0, count: DTMFDetector.capacity)
    }

    /// Takes 160 samples.
    package mutating func hear(_ frame: Span<Int16>) {
        if count + 160 > DTMFDetector.capacity { rewind() }
        dialTone.pass()
        let isSilent = take(frame)
        let held = samples
        while banked + DTMFDetector.block <= count {
            if isSilent {
                bank.skip()
            } else {
                bank.take(held.span, at: banked)
            }
            banked += DTMFDetector.block
            judge()
        }
    }

    /// Returns whether the frame is far too soft for a key.
    private mutating func take(_ frame: Span<Int16>) -> Bool {
        let base = count
        let taken = min(160, frame.count)
        var target = samples.mutableSpan
        var bits: Int16 = 0
        for index in 0..<taken {
            let sample = frame[index]
            bits |= sample ^ (sample >> 15)
            target[base &+ index] = sample
        }
        count += taken
        return bits < DTMFDetector.silence
    }

    /// Tells where the next frame goes, and the one before it lies.
    mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) {
        samples.withUnsafeBufferPointer { room in
            guard let base = room.baseAddress else { return }
            let first = max(0, count - 160)
            body(UnsafeRawPointer(base + first), min(320, room.count - first) * MemoryLayout<Int16>.stride)
        }
    }

    /// The audio has ended: so does the key that is down.
    mutating func finish() {
        if let key { lift(key) }
        key = nil
    }

    /// The next key that went down or up.
    package mutating func next() -> Detection? {
        guard taken < foundCount else {
            taken = 0
            foundCount = 0
            return nil
        }
        taken += 1
        return found[taken - 1]
    }

    /// Keeps the last 100 ms.
    private mutating func rewind() {
        let gone = count - DTMFDetector.history
        var target = samples.mutableSpan
        for index in 0..<DTMFDetector.history { target[index] = target[index &+ gone] }
        count -= gone
        banked -= gone
        if lastEnd < gone { lastKey = (-1, -1) }
        lastEnd = max(0, lastEnd - gone)
        nextAttempt -= gone
        key?.start -= gone
        key?.lastPresent -= gone
    }

    private mutating func judge() {
        if key != nil, follow() { return }
        // Every other block is enough for what may begin.
        guard candidate != nil || banked / DTMFDetector.block % 2 == 0 else { return }
        let next = bank.candidate(least: limits.leastPower)
        guard let next else {
            // The last chance of tones that were neither long enough nor over.
            if let candidate, key == nil, openings >= DTMFDetector.leastOpenings { attempt(candidate, isOver: true) }
            return close()
        }
        if let candidate, candidate.row == next.row, candidate.column == next.column {
            openings += 1
        } else {
            let isOlder = candidate == nil && bank.candidate(least: limits.leastPower, age: 1)?.isSameKey(next) == true
            openings = isOlder ? 2 : 1
            attempts = 0
            nextAttempt = 0
            isDismissed = false
        }
        candidate = next
        guard openings >= DTMFDetector.openingsToTrace else {
            return
        }
        if let key, key.row == next.row, key.column == next.column, banked - key.lastPresent < DTMFDetector.release {
            return
        }
        guard banked >= nextAttempt else {
            return
        }
        attempt(next)
    }

    private mutating func close() {
        candidate = nil
        openings = 0
        attempts = 0
        nextAttempt = 0
        isDismissed = false
    }

    // MARK: - Down

    private mutating func attempt(_ candidate: KeyToneBank.Candidate, isOver: Bool = false) {
        let blocks = (banked - lastEnd) / DTMFDetector.block
        var trace = KeyToneTrace(bank, row: candidate.row, column: candidate.column, blocks: blocks)
        trace.isOver = trace.isOver || isOver
        guard isWorthAFit(trace) else {
            // They grow by a block a block.
            let missing = trace.isOver ? 0 : Int(limits.leastTrace - trace.length)
            nextAttempt = banked + max(0, missing) / DTMFDetector.block * DTMFDetector.block
            return
        }
        let rows: SIMD4<Float> = [697, 770, 852, 941]
        let columns: SIMD4<Float> = [1_209, 1_336, 1_477, 1_633]
        let low = rows[candidate.row]
        let high = columns[candidate.column]
        guard limits.allow(trace.lowOffset, of: low), limits.allow(trace.highOffset, of: high) else {
            attempts += 1
            nextAttempt = banked + patience
            return
        }
        let first = TwoToneFit(lowFrequency: low, highFrequency: high)
        var fit = first
        fit.low.frequency += trace.lowOffset
        fit.high.frequency += trace.highOffset
        let last = banked - Int(trace.end)
        var isFound = measure(&fit, from: banked - Int(trace.start), to: last) && isKey(fit, low, high)
        var isRemains = false
        if !isFound, trace.isOver {
            isDismissed = isDismissed || fit.surroundings(samples.span).below > limits.mostBelow
            if !isDismissed, mayHoldRemains(trace) {
                isFound = findRemains(&fit, first, from: banked - Int(trace.start))
                isRemains = isFound
            }
        }
        isFound = isFound && (isWhole(fit, isRemains: isRemains) || isCredible(fit, trace, nominal: first))
        guard isFound, let digit = DTMFDetector.digit(row: candidate.row, column: candidate.column) else {
            postpone(after: fit)
            return
        }
        press(digit, candidate, fit)
    }

    /// Whether it sounds for as long as a key, and was softer not long before: a key begins, however a codec makes it begin,
    /// and a sound that goes on and on is none.
    private func mayHoldRemains(_ trace: KeyToneTrace) -> Bool {
        let start = banked - Int(trace.start)
        let sounding = sounding(trace)
        return sounding.count >= limits.shortestSounding
            && sounding.lowerBound >= start - DTMFDetector.mostBefore + 2 * DTMFDetector.block
    }

    /// Whether tones are long enough for a key, or sound long enough for one of which a codec ate a part.
    private mutating func isWorthAFit(_ trace: KeyToneTrace) -> Bool {
        guard trace.isOver else {
            isDismissed = false
            return trace.length >= limits.leastTrace
        }
        guard !isDismissed else { return false }
        let sounding = sounding(trace)
        isDismissed = sounding.upperBound + 4 * DTMFDetector.block <= banked
        return trace.length >= limits.leastTraceWhenOver
            || sounding.count >= limits.shortestSounding
    }

    private var patience: Int {
        attempts <= DTMFDetector.eagerAttempts ? DTMFDetector.block : 4 * DTMFDetector.block
    }

    /// Waits until tones that go on are long enough, and ever longer while what is there is no key.
    private mutating func postpone(after fit: TwoToneFit) {
        attempts += 1
        let goesOn = fit.end + DTMFDetector.block / 2 >= banked && fit.end - fit.start < limits.shortest
        nextAttempt = max(banked + patience, goesOn ? fit.start + limits.shortest : 0)
    }

    /// Fits the tones that are about from one sample to another; `false` when they are too short.
    private func measure(_ fit: inout TwoToneFit, from start: Int, to end: Int) -> Bool {
        let samples = samples.span
        let first = max(lastEnd, count - DTMFDetector.reach)
        let last = min(banked, max(end, first + KeyToneBank.block))
        let begin = max(first, min(start, last - limits.shortestRemains))
        guard begin < last else { return false }
        let (lowFrequency, highFrequency) = (fit.low.frequency, fit.high.frequency)
        fit.fit(samples, from: begin, to: last, rounds: 1)
        let inset = min(DTMFDetector.traceError, (last - begin) / 2)
        fit.findEdges(samples, outwardFrom: (begin + inset)..<(last - inset), within: first..<banked)
        guard fit.end - fit.start >= limits.shortestRemains else { return false }
        // Again over all that there is of the tones, unless the trace saw them sharply.
        let turned = max(abs(fit.low.frequency - lowFrequency), abs(fit.high.frequency - highFrequency))
        let isSharp =
            turned <= DTMFDetector.sharpness && abs(fit.start - begin) <= DTMFDetector.block
            && abs(fit.end - last) <= DTMFDetector.block
        if isSharp { return true }
        fit.fit(samples, from: fit.start, to: fit.end, rounds: 1)
        return true
    }

    /// Looks for what a codec at a low rate left of a key, whose beginning or end it replaced by something else: for a stretch
    /// of which the tones are alone.
    private mutating func findRemains(_ fit: inout TwoToneFit, _ begin: TwoToneFit, from start: Int) -> Bool {
        let (low, high) = (begin.low.frequency, begin.high.frequency)
        let first = max(lastEnd, count - DTMFDetector.reach)
        var last = banked
        while last >= start + limits.shortestRemains, last - DTMFDetector.remains >= first {
            fit = begin
            fit.start = last - DTMFDetector.remains
            fit.end = last
            fit.fit(samples.span, from: fit.start, to: last, rounds: 2)
            if isKey(fit, low / TwoToneFit.radiansPerHertz, high / TwoToneFit.radiansPerHertz) {
                fit.findEdges(samples.span, outwardFrom: (fit.start + 40)..<(last - 40), within: first..<banked)
                return true
            }
            last -= DTMFDetector.soundStep
        }
        return false
    }

    /// Whether no codec ate a part of a key.
    private func isWhole(_ fit: TwoToneFit, isRemains: Bool) -> Bool {
        !isRemains && fit.end - fit.start >= limits.shortest && fit.surroundings(samples.span).share >= 0.85
    }

    /// Whether what remains of a key is long enough to tell its frequencies, and its trace, which is longer, does not say
    /// otherwise.
    private func isCredible(_ fit: TwoToneFit, _ trace: KeyToneTrace, nominal: TwoToneFit) -> Bool {
        let length = fit.end - fit.start
        let share = fit.surroundings(samples.span).share
        guard length >= (share < 0.9 ? limits.leastUncleanRemains : limits.leastRemains) else { return false }
        if length < 160, share > 0.95 {
            let energy = (fit.low.power + fit.high.power) / 2
            let sounding = soundingRange(from: fit.start, to: fit.end, energy: energy)
            guard sounding.count >= limits.soundingOfShortest else { return false }
        }
        let frequencies = SIMD2(nominal.low.frequency, nominal.high.frequency)
        let traced = SIMD2(abs(trace.lowOffset), abs(trace.highOffset)) / frequencies
        guard traced.max() > limits.tracedTolerance else { return true }
        let off = SIMD2(fit.low.frequency, fit.high.frequency) - frequencies
        let fitted = SIMD2(abs(off.x), abs(off.y)) / frequencies
        let both = traced + fitted
        return both.max() <= limits.toleranceOfOne && both.sum() <= limits.toleranceOfBoth
    }

    private mutating func isKey(_ fit: TwoToneFit, _ lowFrequency: Float, _ highFrequency: Float) -> Bool {
        guard isNear(fit.low, lowFrequency), isNear(fit.high, highFrequency),
            min(fit.low.power, fit.high.power) >= limits.leastPower
        else { return false }
        let surroundings = fit.surroundings(samples.span)
        return isAlone(fit, surroundings) || isSteady(fit, surroundings)
    }

    private func isNear(_ sine: TwoToneFit.Sine, _ frequency: Float) -> Bool {
        abs(sine.frequency / TwoToneFit.radiansPerHertz - frequency)
            <= limits.frequencyTolerance * frequency + limits.frequencySlack
    }

    /// Whether the tones have next to nothing below them, which no voice has: then they may share their band with what a
    /// codec makes of them, and have the twist and the length that it leaves them.
    private func isAlone(_ fit: TwoToneFit, _ surroundings: TwoToneFit.Surroundings) -> Bool {
        let length = fit.end - fit.start
        guard surroundings.below <= (surroundings.pitch <= 0.002 ? 0.15 : 0.04),
            surroundings.share >= (length >= limits.shortest ? 0.65 : 0.85),
            length >= limits.shortestWhenClear && surroundings.share >= 0.9
                || soundingRange(from: fit.start, to: fit.end, energy: (fit.low.power + fit.high.power) / 2).count
                    >= limits.shortestSounding
        else { return false }
        return hasTwist(fit, most: limits.mostTwist, reverse: limits.mostReverseTwist)
            || hasTwist(fit, most: limits.codedTwist, reverse: limits.codedReverseTwist)
                && fit.unsteadiness(samples.span) <= 4
            || surroundings.below <= 0.025 && surroundings.share >= 0.96
                && hasTwist(fit, most: limits.codedTwist, reverse: limits.purestReverseTwist)
                && fit.unsteadiness(samples.span) <= limits.mostUnsteadiness
    }

    private func sounding(_ trace: KeyToneTrace) -> Range<Int> {
        let isOne = trace.length >= Float(DTMFDetector.block)
        let start = banked - Int(isOne ? trace.start : trace.firstStart)
        let end = banked - Int(isOne ? trace.end : trace.lastEnd)
        let middle = (start + end) / 2 - DTMFDetector.block / 2
        guard middle >= 0, middle + DTMFDetector.block <= banked else { return 0..<0 }
        return soundingRange(from: start, to: end, energy: energy(from: middle) / Float(DTMFDetector.block))
    }

    /// From where to where it sounds around tones: a codec at a low rate begins and ends a tone with something else, now
    /// louder and now softer.
    ///
    /// Sound is what is louder than the middle, in dB, between the tones and the softest before them, but neither 15 dB below
    /// the tones nor within 6 dB of them; a dip of 7.5 ms does not end it.
    ///
    /// - Parameter energy: the mean square of the tones.
    private func soundingRange(from start: Int, to end: Int, energy tones: Float) -> Range<Int> {
        let block = DTMFDetector.block
        guard start >= 0, end - start >= block, end <= banked else { return 0..<0 }
        let earliest = max(0, start - DTMFDetector.mostBefore)
        var softest = Float.infinity
        for first in stride(from: earliest, through: start - block, by: block) {
            softest = min(softest, energy(from: first))
        }
        let whole = tones * Float(block)
        let least = max(whole / 32, min(whole / 4, (whole * softest).squareRoot()))
        return reach(from: start, by: -DTMFDetector.soundStep, least, within: earliest..<banked)..<reach(
            from: end - block, by: DTMFDetector.soundStep, least, within: earliest..<banked) + block
    }

    /// The last of the windows of 5 ms, from one on, that sound, dips passed over.
    private func reach(from first: Int, by step: Int, _ least: Float, within range: Range<Int>) -> Int {
        var reached = first
        var window = first + step
        while window >= range.lowerBound, window + DTMFDetector.block <= range.upperBound {
            if energy(from: window) >= least { reached = window }
            if abs(window - reached) > DTMFDetector.longestDip { break }
            window += step
        }
        return reached
    }

    /// The energy of 5 ms.
    private func energy(from first: Int) -> Float {
        let samples = samples.span
        var sum = Lanes()
        for group in 0..<5 {
            let sample = eight(samples, first &+ 8 &* group)
            sum += sample * sample
        }
        return sum.sum()
    }

    /// Whether the tones are long, steady and nearly alone in their band, with something below that is soft or a dial
    /// tone: a voice has a pitch below and formants beside, and is never steady for long.
    private mutating func isSteady(_ fit: TwoToneFit, _ surroundings: TwoToneFit.Surroundings) -> Bool {
        guard fit.end - fit.start >= limits.shortest, surroundings.pitch <= 0.12, surroundings.share >= 0.88
        else { return false }
        if surroundings.below <= 0.25 {
            // A vowel that is held has something below and something beside.
            return (surroundings.below <= 0.07 || surroundings.share >= 0.94)
                && hasTwist(fit, most: limits.mostTwist, reverse: limits.mostReverseTwist)
                && fit.unsteadiness(samples.span) <= limits.mostUnsteadiness
        }
        guard hasTwist(fit, most: limits.dialledTwist, reverse: limits.dialledReverseTwist),
            fit.unsteadiness(samples.span) <= limits.dialledUnsteadiness
        else { return false }
        let held = samples
        return dialTone.explains(
            held.span, from: max(0, banked - DTMFDetector.reach), to: banked,
            power: surroundings.below * (fit.low.power + fit.high.power) / 2)
    }

    private func hasTwist(_ fit: TwoToneFit, most: Float, reverse: Float) -> Bool {
        fit.high.power <= most * fit.low.power && fit.low.power <= reverse * fit.high.power
    }

    private mutating func press(_ digit: Digit, _ candidate: KeyToneBank.Candidate, _ fit: TwoToneFit) {
        if let key {
            let isSame = key.row == candidate.row && key.column == candidate.column
            if isSame, fit.start - key.lastPresent < DTMFDetector.release {
                self.key?.lastPresent = fit.end
                return
            }
            lift(key)
            self.key = nil
        } else if lastKey == (candidate.row, candidate.column), fit.start - lastEnd < DTMFDetector.release {
            // More of a key of which a codec made two.
            lastEnd = fit.end
            return
        }
        let pressed = Key(
            digit: digit, row: candidate.row, column: candidate.column, start: fit.start, lastPresent: fit.end,
            lowPower: fit.low.power, highPower: fit.high.power)
        key = pressed
        report(pressed, end: nil)
    }

    // MARK: - Up

    /// Looks whether the key that is down still sounds: then nothing else does.
    private mutating func follow() -> Bool {
        guard let current = key else { return false }
        let powers = bank.shortPowers
        let low = powers[current.row]
        let high = powers[current.column + 4]
        if low >= current.lowPower / 4, high >= current.highPower / 4 {
            // As much of the window as has the tones' amplitude is within the tones.
            let ratio = (low + high) / (current.lowPower + current.highPower)
            let length = Int(Float(2 * DTMFDetector.block) * min(1, ratio).squareRoot())
            key?.lastPresent = max(current.lastPresent, banked - 2 * DTMFDetector.block + length)
            return true
        }
        if banked - current.lastPresent >= DTMFDetector.release {
            lift(current)
            key = nil
        }
        return false
    }

    private mutating func lift(_ key: Key) {
        lastEnd = max(0, key.lastPresent)
        lastKey = (key.row, key.column)
        report(key, end: key.lastPresent)
    }

    private mutating func report(_ key: Key, end: Int?) {
        guard foundCount < found.count else {
            return
        }
        // What is in hand is the frame that ends at `count`.
        let frame = count - 160
        let meanSquare = Double(key.lowPower + key.highPower) / 2
        found[foundCount] = Detection(
            digit: key.digit, startInSamples: key.start - frame, endInSamples: end.map { $0 - frame },
            levelInDBOV: 10 * logarithm10(max(1, meanSquare) / 0x1p30))
        foundCount += 1
    }

    private static func digit(row: Int, column: Int) -> Digit? {
        let codes: InlineArray<16, UInt8> = [1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15]
        return Digit(code: codes[row * 4 + column])
    }
}
