/// Says what bursts of tones and the pauses between them mean. Times are in samples of 8 kHz.
struct CadenceJudge: Sendable {
    /// A burst that has ended.
    struct Burst: Sendable {
        var toneClass: ToneClass
        var start: Int64
        var end: Int64
        var power: Float
        /// What kind of answer tone it is, if it is one.
        var answer: CallProgressTone

        var length: Int64 { end - start }
    }

    /// A tone that was recognised and has not ended.
    private struct Active: Sendable {
        var tone: CallProgressTone
        var start: Int64
        var end: Int64
        /// Its bursts are of this class.
        var toneClass: ToneClass
    }

    private var last: Burst?
    private var secondLast: Burst?
    private var active: Active?
    /// A burst that may turn out to be a beep or a ring-back, as long as nothing follows it.
    private var waiting: Burst?
    /// Since when it has been quiet after it.
    private var quietSince: Int64?
    private var lastDisturbance: Int64 = -100_000
    private var pending: [CallProgressDetector.Detection] = []
    private var taken = 0

    /// Mean square of the last burst.
    var lastPower: Float { waiting?.power ?? last?.power ?? 0 }

    init() { pending.reserveCapacity(8) }

    mutating func next() -> CallProgressDetector.Detection? {
        guard taken < pending.count else {
            pending.removeAll(keepingCapacity: true)
            taken = 0
            return nil
        }
        taken += 1
        return pending[taken - 1]
    }

    private static func samples(_ milliseconds: Int64) -> Int64 { milliseconds * 8 }

    private static func isBetween(_ length: Int64, _ least: Int64, _ most: Int64) -> Bool {
        length >= samples(least) && length <= samples(most)
    }

    // MARK: - Bursts

    /// Something tonal that belongs to no plan: music, most likely.
    mutating func disturb(at time: Int64) {
        lastDisturbance = time
        waiting = nil
    }

    /// A burst has ended.
    mutating func burst(_ burst: Burst) {
        if let active, active.toneClass == burst.toneClass || isPart(burst, of: active) {
            self.active?.end = burst.end
        } else {
            recognise(burst)
        }
        let isIsolated =
            burst.start - (last?.end ?? -100_000) > CadenceJudge.samples(1_500)
            && burst.start - lastDisturbance > CadenceJudge.samples(300)
        waiting = active == nil && isIsolated ? burst : nil
        quietSince = nil
        secondLast = last
        last = burst
    }

    /// The third of the special information tones ends what began with the first.
    private func isPart(_ burst: Burst, of active: Active) -> Bool {
        burst.toneClass == .third && CadenceJudge.isSpecial(active.tone)
    }

    private static func isSpecial(_ tone: CallProgressTone) -> Bool {
        switch tone {
        case .sit, .sitIntercept, .sitVacant, .sitReorder, .sitNoCircuit: true
        default: false
        }
    }

    /// What a burst is by its own length, or by its length and that of the one before it.
    private mutating func recognise(_ burst: Burst) {
        let length = burst.length
        switch burst.toneClass {
        case .calling where CadenceJudge.isBetween(length, 400, 600): begin(.faxCalling, burst)
        case .answer where CadenceJudge.isBetween(length, 500, 60_000): begin(burst.answer, burst)
        case .british:
            guard let last, last.toneClass == .british, burst.start - last.end <= CadenceJudge.samples(650) else {
                return
            }
            let difference = abs(last.length - length)
            if CadenceJudge.isBetween(length, 300, 450), difference < CadenceJudge.samples(60) {
                begin(.busy, burst, from: last.start)
            } else if CadenceJudge.isBetween(min(length, last.length), 170, 290),
                CadenceJudge.isBetween(max(length, last.length), 340, 460)
            {
                begin(.congestion, burst, from: last.start)
            }
        case .third: special(burst)
        default: break
        }
    }

    private mutating func special(_ burst: Burst) {
        guard let second = last, let first = secondLast, case .second(let high) = second.toneClass,
            case .first(let low) = first.toneClass, CadenceJudge.isBetween(burst.length, 200, 520),
            burst.start - second.end <= CadenceJudge.samples(120),
            second.start - first.end <= CadenceJudge.samples(120),
            CadenceJudge.isBetween(first.length, 180, 480), CadenceJudge.isBetween(second.length, 180, 480)
        else { return }
        let isFirstLong = first.length > CadenceJudge.samples(327)
        let isSecondLong = second.length > CadenceJudge.samples(327)
        begin(CadenceJudge.special(low, isFirstLong, high, isSecondLong), burst, from: first.start)
    }

    /// The table of North America (Telcordia SR-2275): the frequency and the length of the first two tones.
    private static func special(
        _ first: ToneClass.SpecialTone, _ isFirstLong: Bool, _ second: ToneClass.SpecialTone, _ isSecondLong: Bool
    ) -> CallProgressTone {
        switch (first, isFirstLong, second, isSecondLong) {
        case (.low, false, .low, false): .sitIntercept
        case (.high, true, .low, false): .sitVacant
        case (.low, false, .high, true), (.high, false, .low, true): .sitReorder
        case (.high, true, .high, true), (.low, true, .low, true): .sitNoCircuit
        default: .sit
        }
    }

    private mutating func begin(_ tone: CallProgressTone, _ burst: Burst, from start: Int64? = nil) {
        begin(tone, burst.toneClass, from: start ?? burst.start, to: burst.end)
    }

    private mutating func begin(_ tone: CallProgressTone, _ toneClass: ToneClass, from start: Int64, to end: Int64) {
        finish()
        active = Active(tone: tone, start: start, end: end, toneClass: toneClass)
        waiting = nil
        pending.append(CallProgressDetector.Detection(tone: tone, start: start, end: nil))
    }

    /// Ends the tone that goes on.
    mutating func finish() {
        guard let active else { return }
        pending.append(CallProgressDetector.Detection(tone: active.tone, start: active.start, end: active.end))
        self.active = nil
    }

    // MARK: - Time

    /// Time has passed.
    ///
    /// - Parameters:
    ///   - sounding: the class of the burst that goes on, if it is known, and since when.
    ///   - isQuiet: nothing that matters was heard in the last frame.
    mutating func advance(
        to time: Int64, sounding: ToneClass?, since start: Int64, answer: CallProgressTone, isQuiet: Bool
    ) {
        if let sounding {
            judge(sounding, since: start, until: time, answer)
        } else {
            judgeSilence(until: time, isQuiet: isQuiet)
        }
        if let active, time - active.end > CadenceJudge.longestPause(of: active.tone), sounding != active.toneClass {
            finish()
        }
    }

    /// What a burst is before it ends.
    private mutating func judge(
        _ sounding: ToneClass, since start: Int64, until time: Int64, _ answer: CallProgressTone
    ) {
        if let active, active.toneClass == sounding {
            self.active?.end = time
            return
        }
        let length = time - start
        let pause = start - (last?.end ?? -100_000)
        let isSecond = last?.toneClass == sounding
        switch sounding {
        case .dial where length >= CadenceJudge.samples(1_000): begin(.dialTone, sounding, from: start, to: time)
        case .ring where length >= CadenceJudge.samples(600): begin(.ringBack, sounding, from: start, to: time)
        case .answer where length >= CadenceJudge.samples(1_100): begin(answer, sounding, from: start, to: time)
        case .british where length >= CadenceJudge.samples(2_000): begin(.unobtainable, sounding, from: start, to: time)
        case .european where length >= CadenceJudge.samples(2_800): begin(.dialTone, sounding, from: start, to: time)
        case .busy where isSecond, .european where isSecond:
            if let last, let tone = CadenceJudge.tone(on: last.length, off: pause) {
                begin(tone, sounding, from: last.start, to: time)
            }
        case .britishRing where isSecond:
            if let last, CadenceJudge.isBetween(last.length, 300, 500), CadenceJudge.isBetween(pause, 100, 320) {
                begin(.ringBack, sounding, from: last.start, to: time)
            }
        default: break
        }
    }

    /// Busy or congestion by a burst and the pause behind it.
    private static func tone(on: Int64, off: Int64) -> CallProgressTone? {
        if isBetween(on, 340, 720), isBetween(off, 340, 720) { return .busy }
        // Older German exchanges.
        if isBetween(on, 110, 210), isBetween(off, 400, 520) { return .busy }
        if isBetween(on, 150, 340), isBetween(off, 150, 340) { return .congestion }
        return nil
    }

    private mutating func judgeSilence(until time: Int64, isQuiet: Bool) {
        guard let burst = waiting, time - burst.end > CadenceJudge.samples(45) else { return }
        guard isQuiet else {
            // A voice behind a beep is no pause of a ring-back, and a beep right before a voice is none.
            if quietSince == nil || burst.toneClass == .european { waiting = nil }
            return
        }
        let since = quietSince ?? time
        quietSince = since
        let quiet = time - since
        if burst.toneClass == .european {
            if CadenceJudge.isBetween(burst.length, 600, 2_600), quiet >= CadenceJudge.samples(1_500) {
                begin(.ringBack, burst)
            }
        } else if quiet >= CadenceJudge.samples(burst.toneClass == .british ? 700 : 200), isBeep(burst) {
            begin(.beep, burst)
            finish()
        }
    }

    private func isBeep(_ burst: Burst) -> Bool {
        switch burst.toneClass {
        case .other, .british, .first, .second, .third: CadenceJudge.isBetween(burst.length, 190, 2_600)
        case .calling, .answer: CadenceJudge.isBetween(burst.length, 190, 400)
        case .dial, .ring, .busy, .european, .britishRing: false
        }
    }

    /// The pause after which the next burst would be a tone of its own.
    private static func longestPause(of tone: CallProgressTone) -> Int64 {
        switch tone {
        case .ringBack: samples(6_500)
        case .faxCalling: samples(3_800)
        case .busy, .congestion: samples(900)
        default: samples(300)
        }
    }
}
