import DSP
import Telephony

/// What one leg's party says at another sample rate, for those who hear at that rate; owned by one call.
final class RateConverter {
    let leg: LegID
    let rate: Int
    private var resampler: Resampler
    /// The tick's frame at ``rate``.
    private(set) var frame: [Int16]

    init(of leg: LegID, from sampleRate: Int, to rate: Int) throws(CodecError) {
        let resampler = try Resampler(from: sampleRate, to: rate)
        self.resampler = resampler
        self.leg = leg
        self.rate = rate
        frame = [Int16](repeating: 0, count: rate / 50)
    }

    func convert(_ heard: [Int16]) {
        RateConverter.convert(heard, with: &resampler, into: &frame)
    }

    private static func convert(_ heard: [Int16], with resampler: inout Resampler, into frame: inout [Int16]) {
        var room = frame.mutableSpan
        let written = resampler.resample(heard.span, into: &room).written
        for index in written..<max(written, room.count) { room[index] = 0 }
    }
}
