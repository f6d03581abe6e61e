import DSP
import Telephony

/// Who hears whom in a call with further legs: each party hears all who may be heard by it but itself (mix-minus), and of
/// more than three who speak at once the loudest three.
struct LegMixer {
    private var converters: [RateConverter] = []
    private var callerLoudness: Int64 = 0
    /// What the caller hears of the others.
    private(set) var toCaller: [Int16] = []

    /// The caller's side of a tick.
    struct CallerSide {
        var frame: [Int16]
        var sampleRate: Int
        var place: Participation
    }

    /// So many parties are heard at a time.
    private static let loudestCount = 3

    /// Tells every party its own prompts and what the others say; what the caller hears is in ``toCaller``.
    mutating func mix(_ legs: [JoinedLeg], _ caller: CallerSide) {
        convertRates(legs, caller)
        let silent = chooseSilent(legs, caller)
        for listener in legs {
            listener.say()
            guard listener.isConnected, let rate = listener.heard?.sampleRate else { continue }
            if caller.place.isHeard(by: listener.id, who: listener.participation), !silent.contains(.caller) {
                listener.hear(audio(of: .caller, caller.frame, caller.sampleRate, at: rate))
            }
            for speaker in legs
            where speaker !== listener && speaker.isHeard(by: listener.id, listener.participation)
                && !silent.contains(speaker.id)
            {
                guard let heard = speaker.heard else { continue }
                listener.hear(audio(of: speaker.id, heard.frame, heard.sampleRate, at: rate))
            }
        }
        mixForCaller(legs, caller, without: silent)
    }

    private mutating func mixForCaller(_ legs: [JoinedLeg], _ caller: CallerSide, without silent: [LegID]) {
        if toCaller.count != caller.frame.count { toCaller = caller.frame }
        for index in 0..<toCaller.count { toCaller[index] = 0 }
        for speaker in legs where !silent.contains(speaker.id) {
            guard speaker.isEarlyMediaFor(.caller) || speaker.isHeard(by: .caller, caller.place),
                let heard = speaker.heard
            else { continue }
            let frame = audio(of: speaker.id, heard.frame, heard.sampleRate, at: caller.sampleRate)
            LegMixer.add(frame, to: &toCaller)
        }
    }

    private static func add(_ frame: [Int16], to target: inout [Int16]) {
        var room = target.mutableSpan
        room.mix(adding: frame.span)
    }

    private func audio(of leg: LegID, _ frame: [Int16], _ sampleRate: Int, at rate: Int) -> [Int16] {
        guard sampleRate != rate else { return frame }
        return converters.first { $0.leg == leg && $0.rate == rate }?.frame ?? []
    }

    private func convertRates(_ legs: [JoinedLeg], _ caller: CallerSide) {
        for converter in converters {
            if converter.leg == .caller {
                converter.convert(caller.frame)
            } else if let heard = legs.first(where: { $0.id == converter.leg })?.heard {
                converter.convert(heard.frame)
            }
        }
    }

    /// Those who are not heard because three others are louder; empty in all but large conferences.
    private mutating func chooseSilent(_ legs: [JoinedLeg], _ caller: CallerSide) -> [LegID] {
        guard legs.count >= LegMixer.loudestCount else { return [] }
        callerLoudness = LegMixer.smoothed(callerLoudness, caller.frame)
        var speakers: [(leg: LegID, loudness: Int64)] = []
        if caller.place == .speaking { speakers.append((.caller, callerLoudness)) }
        for leg in legs {
            guard let heard = leg.heard else { continue }
            leg.loudness = LegMixer.smoothed(leg.loudness, heard.frame)
            if leg.isConnected, leg.participation == .speaking { speakers.append((leg.id, leg.loudness)) }
        }
        guard speakers.count > LegMixer.loudestCount else { return [] }
        speakers.sort { $0.loudness == $1.loudness ? $0.leg < $1.leg : $0.loudness > $1.loudness }
        return speakers.dropFirst(LegMixer.loudestCount).map(\.leg)
    }

    /// Rises at once and falls by a sixteenth a tick, so that who pauses between words keeps a place.
    private static func smoothed(_ loudness: Int64, _ frame: [Int16]) -> Int64 {
        var energy: Int64 = 0
        for sample in frame { energy &+= Int64(sample) &* Int64(sample) }
        let level = energy / Int64(max(1, frame.count))
        return max(level, loudness - loudness / 16 - 1)
    }

    /// Makes the converters that are needed for all parties to hear each other, and lets others go.
    mutating func fit(_ legs: [JoinedLeg], callerRate: Int) {
        var rates: [(leg: LegID, rate: Int)] = [(.caller, callerRate)]
        for leg in legs {
            if let heard = leg.heard { rates.append((leg.id, heard.sampleRate)) }
        }
        let all = Set(rates.map(\.rate)).sorted()
        let known = converters
        converters = []
        for (leg, rate) in rates {
            for other in all where other != rate {
                let converter = known.first { $0.leg == leg && $0.rate == other }
                if let converter = converter ?? (try? RateConverter(of: leg, from: rate, to: other)) {
                    converters.append(converter)
                }
            }
        }
    }
}
