/// Finds the lag at which a signal resembles itself best, by normalised correlation.
///
/// Samples are scaled to 10 bits, so that sums over 20 ms fit into 32 bits at every rate and are exact. Above 8 kHz the
/// search looks at every second, third, ... lag and sample first, as at about 8 kHz, and then around the best lag.
enum PitchSearch {
    struct Match: Sendable {
        /// In samples.
        var lag: Int
        /// Normalised correlation, -1 to 1; 0 for silence.
        var correlation: Float
    }

    /// The best lag between the `window` samples at the beginning and those `lag` samples later.
    static func fromStart(_ samples: Span<Int16>, window: Int, lags: ClosedRange<Int>, step: Int) -> Match {
        search(samples, reference: 0, window: window, lags: lags, direction: 1, step: step)
    }

    /// The best lag between the `window` samples at the end and those `lag` samples earlier.
    static func fromEnd(_ samples: Span<Int16>, window: Int, lags: ClosedRange<Int>, step: Int) -> Match {
        search(samples, reference: samples.count - window, window: window, lags: lags, direction: -1, step: step)
    }

    private static func search(
        _ samples: Span<Int16>, reference: Int, window: Int, lags: ClosedRange<Int>, direction: Int, step: Int
    ) -> Match {
        let reach = lags.upperBound * direction
        guard window > 0, lags.lowerBound > 0, reference >= 0, reference + window <= samples.count,
            reference + reach >= 0, reference + reach + window <= samples.count
        else { return Match(lag: lags.upperBound, correlation: 0) }
        let fixed = samples.extracting(reference..<reference + window)
        let shift = self.shift(of: samples)
        var best = Match(lag: lags.upperBound, correlation: 0)
        guard products(fixed, fixed, shift: shift).energy > 0 else { return best }
        best.correlation = -2
        for lag in stride(from: lags.lowerBound, through: lags.upperBound, by: step) {
            let moved = samples.extracting(reference + lag * direction..<reference + lag * direction + window)
            let sums = step == 1 ? products(fixed, moved, shift: shift) : sparse(fixed, moved, shift: shift, step: step)
            if sums.correlation > best.correlation { best = Match(lag: lag, correlation: sums.correlation) }
        }
        guard step > 1 else { return best }
        let rough = best.lag
        best.correlation = -2
        for lag in max(lags.lowerBound, rough - step)...min(lags.upperBound, rough + step) {
            let moved = samples.extracting(reference + lag * direction..<reference + lag * direction + window)
            let sums = products(fixed, moved, shift: shift)
            if sums.correlation > best.correlation { best = Match(lag: lag, correlation: sums.correlation) }
        }
        return best
    }

    /// By how many places samples have to be shifted to fit into 10 bits and a sign.
    private static func shift(of samples: Span<Int16>) -> Int16 {
        var bits: UInt16 = 0
        for index in 0..<samples.count { bits |= UInt16(bitPattern: samples[index] ^ (samples[index] >> 15)) }
        return Int16(max(0, 6 - bits.leadingZeroBitCount))
    }

    private struct Sums {
        var cross: Int32 = 0
        var fixedEnergy: Int32 = 0
        var energy: Int32 = 0

        var correlation: Float {
            guard fixedEnergy > 0, energy > 0 else { return -1 }
            return Float(cross) / (Float(fixedEnergy) * Float(energy)).squareRoot()
        }
    }

    private static func products(_ a: Span<Int16>, _ b: Span<Int16>, shift: Int16) -> Sums {
        let count = a.count
        precondition(b.count == count, "windows are of equal length")
        var sums = Sums()
        for index in 0..<count {
            let x = Int32(a[index] &>> shift)
            let y = Int32(b[index] &>> shift)
            sums.cross &+= x &* y
            sums.fixedEnergy &+= x &* x
            sums.energy &+= y &* y
        }
        return sums
    }

    private static func sparse(_ a: Span<Int16>, _ b: Span<Int16>, shift: Int16, step: Int) -> Sums {
        let count = a.count
        precondition(b.count == count, "windows are of equal length")
        var sums = Sums()
        var index = 0
        while index < count {
            let x = Int32(a[index] &>> shift)
            let y = Int32(b[index] &>> shift)
            sums.cross &+= x &* y
            sums.fixedEnergy &+= x &* x
            sums.energy &+= y &* y
            index &+= step
        }
        return sums
    }
}
