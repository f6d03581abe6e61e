import CVector

/// What the network sees of a frame: 80 numbers, most of them between -2 and 2.
///
/// Sources/SpeechTraining/features.py computes the same; a test holds both together.
///
/// | numbers | what |
/// |---|---|
/// | 0...19 | the energies of 20 bands (62 to 3,690 Hz) against the loudest of the last seconds |
/// | 20...39 | the same against the floor of each band |
/// | 40...59 | how they changed within the frame |
/// | 60, 61 | the level, and against the loudest of the last seconds |
/// | 62...65 | tonality of four regions: mean power over geometric mean power of the bins |
/// | 66...73 | spectral flux of four regions against 20 and 40 ms ago: none for a steady tone |
/// | 74, 75 | periodicity between 60 and 400 Hz, and its lag |
/// | 76, 77 | the share of the strongest bin |
struct SpeechFeatures: Sendable {
    static let count = 80
    private static let frame = 160
    private static let bands = 20
    /// First bins of the bands, of 31.25 Hz, and the end of the last.
    private static let edges: InlineArray<21, Int> = [
        2, 4, 6, 8, 10, 12, 14, 16, 19, 22, 26, 30, 35, 41, 48, 56, 65, 75, 87, 101, 118,
    ]
    private static let leastPower: Float = 1e-5
    private static let half = 14

    private var window = SpectrumWindow()
    private var periodicity = SpeechPeriodicity()
    /// The magnitudes 20 and 40 ms ago, in the blocks of the regions; which of both halves is the later one changes with
    /// each frame.
    private var magnitudes = InlineArray<28, Lanes>(repeating: Lanes())
    private var isLaterHalfSecond = false
    private var floor = InlineArray<3, Lanes>(repeating: Lanes())
    private var loudest: Float = 0
    private var level: Float = 0
    private var isFirst = true

    /// The energies of the frame in the four regions.
    private(set) var regionEnergies = SIMD4<Float>()

    /// Takes 160 samples at 8 kHz.
    mutating func hear(_ frame: Span<Int16>) -> InlineArray<80, Float> {
        var values = InlineArray<80, Float>(repeating: 0)
        var room = values.mutableSpan
        var spectrum = SpeechSpectrum()
        analyse(frame, &spectrum, &room)
        setBands(SpeechFeatures.sumBands(spectrum.earlier.span, spectrum.later.span), &room)
        setRegions(spectrum.earlier.span, spectrum.later.span, &room)
        return values
    }

    private mutating func analyse(
        _ frame: Span<Int16>, _ spectrum: inout SpeechSpectrum, _ values: inout MutableSpan<Float>
    ) {
        var samples = InlineArray<336, Float>(repeating: 0)
        var room = samples.mutableSpan
        let isAudible = window.take(frame, into: &room)
        let begin = SpectrumWindow.length - SpeechFeatures.frame
        (values[74], values[75]) = periodicity.judge(room.span.extracting(begin...))
        if isAudible { spectrum.analyse(room.span) }
    }

    /// Energies of the bands, of the earlier and the later window.
    private struct BandSums {
        var earlier = InlineArray<24, Float>(repeating: 0)
        var later = InlineArray<24, Float>(repeating: 0)
        var total = SIMD2<Float>()
        var strongest = (Lanes(), Lanes())
    }

    private static func sumBands(_ earlier: Span<Lanes>, _ later: Span<Lanes>) -> BandSums {
        var sums = BandSums()
        var ofEarlier = sums.earlier.mutableSpan
        var ofLater = sums.later.mutableSpan
        var (firstTotal, secondTotal) = (Float(0), Float(0))
        earlier.withUnsafeBytes { earlier in
            later.withUnsafeBytes { later in
                for band in 0..<bands {
                    var (a, b) = (Float(0), Float(0))
                    for bin in edges[band]..<edges[band + 1] {
                        a += earlier.loadUnaligned(fromByteOffset: bin &* 4, as: Float.self)
                        b += later.loadUnaligned(fromByteOffset: bin &* 4, as: Float.self)
                    }
                    (ofEarlier[band], ofLater[band]) = (a, b)
                    firstTotal += a
                    secondTotal += b
                }
            }
        }
        sums.total = SIMD2(firstTotal, secondTotal)
        // Bins 2...117.
        let first = Lanes(0, 0, 1, 1, 1, 1, 1, 1)
        let last = Lanes(1, 1, 1, 1, 1, 1, 0, 0)
        for block in 0..<15 {
            let mask = block == 0 ? first : block == 14 ? last : Lanes(repeating: 1)
            sums.strongest.0 = larger(sums.strongest.0, earlier[block] * mask)
            sums.strongest.1 = larger(sums.strongest.1, later[block] * mask)
        }
        return sums
    }

    private mutating func setBands(_ sums: BandSums, _ values: inout MutableSpan<Float>) {
        let totals = Lanes(sums.total.x, sums.total.y, 1, 1, 1, 1, 1, 1) + SpeechFeatures.leastPower
        values[76] = (sums.strongest.0.max() / totals[0]).squareRoot()
        values[77] = (sums.strongest.1.max() / totals[1]).squareRoot()
        let logarithms = binaryLogarithm(totals)
        setEnergies(sums, level: max(logarithms[0], logarithms[1]), &values)
    }

    private mutating func setEnergies(_ sums: BandSums, level: Float, _ values: inout MutableSpan<Float>) {
        self.level = level
        followLoudest(level)
        let (first, second) = (sums.earlier.span, sums.later.span)
        for group in 0..<3 {
            let base = group * 8
            let a = binaryLogarithm(eight(of: first, from: base) + SpeechFeatures.leastPower)
            let b = binaryLogarithm(eight(of: second, from: base) + SpeechFeatures.leastPower)
            let mean = (a + b) * 0.5
            let relative = (mean - loudest) * 0.2 + 1
            let excess = (mean - followFloor(mean, group)) * 0.2
            let change = (b - a) * 0.3
            for lane in 0..<min(8, SpeechFeatures.bands - base) {
                values[base + lane] = relative[lane]
                values[20 + base + lane] = excess[lane]
                values[40 + base + lane] = change[lane]
            }
        }
        values[60] = level * 0.125
        values[61] = (level - loudest) * 0.2 + 1
        isFirst = false
    }

    /// Takes a frame of silence that is as those before it were.
    mutating func passSilence() { followLoudest(level) }

    /// The loudest of the last seconds rises at once and falls by 1.5 dB a second.
    private mutating func followLoudest(_ level: Float) {
        if isFirst { loudest = level }
        loudest = level > loudest ? loudest + 0.5 * (level - loudest) : loudest - 0.01
    }

    /// The floor of a band falls at once and rises by 3 dB a second.
    private mutating func followFloor(_ mean: Lanes, _ group: Int) -> Lanes {
        if isFirst { floor[group] = mean }
        let difference = mean - floor[group]
        let rising = smaller(difference, Lanes(repeating: 0.02))
        floor[group] += rising.replacing(with: difference * 0.2, where: difference .< 0)
        return floor[group]
    }

    private mutating func setRegions(
        _ earlier: Span<Lanes>, _ later: Span<Lanes>, _ values: inout MutableSpan<Float>
    ) {
        let last = isLaterHalfSecond ? SpeechFeatures.half : 0
        isLaterHalfSecond.toggle()
        var past = magnitudes.mutableSpan
        // Of the four regions in the earlier window, and behind them in the later one.
        var meanPowers = InlineArray<8, Float>(repeating: 0)
        var means = meanPowers.mutableSpan
        for region in 0..<4 {
            let part = SpeechFeatures.sum(region, earlier, later, &past, last: last)
            let bins = SpeechFeatures.bins(region)
            let sums = totals(
                EightLanes(
                    part.earlier, part.later, part.logarithms, part.change, part.total, part.olderChange,
                    part.olderTotal, Lanes()))
            regionEnergies[region] = sums[0] + sums[1]
            (means[region], means[4 + region]) = (sums[0] / bins, sums[1] / bins)
            values[62 + region] = sums[2] / bins
            values[66 + region] = sums[3] / (sums[4] + 0.01)
            values[70 + region] = sums[5] / (sums[6] + 0.01)
        }
        let logarithms = binaryLogarithm(eight(of: means.span, from: 0) + SpeechFeatures.leastPower)
        for region in 0..<4 {
            values[62 + region] = (logarithms[region] + logarithms[4 + region] - values[62 + region]) * 0.15
        }
    }

    private static func bins(_ region: Int) -> Float {
        let blocks = SpeechSpectrum.regions[region + 1] - SpeechSpectrum.regions[region]
        return Float(blocks * 8 - (region == 0 ? 4 : 0))
    }

    @inline(__always)
    private static func sum(
        _ region: Int, _ earlier: Span<Lanes>, _ later: Span<Lanes>, _ past: inout MutableSpan<Lanes>, last: Int
    ) -> RegionSums {
        var part = RegionSums()
        for block in SpeechSpectrum.regions[region]..<SpeechSpectrum.regions[region + 1] {
            let (magnitude, older) = (root(later[block]), half - last + block)
            var blockSums = RegionSums(earlier[block], later[block], magnitude, past[last + block], past[older])
            if block == 0 { blockSums.keepUpperHalf() }
            part.add(blockSums)
            past[older] = magnitude
        }
        return part
    }

    private struct RegionSums {
        var (earlier, later, logarithms) = (Lanes(), Lanes(), Lanes())
        var (change, total, olderChange, olderTotal) = (Lanes(), Lanes(), Lanes(), Lanes())

        init() {}

        /// Of eight bins.
        @inline(__always) init(_ a: Lanes, _ b: Lanes, _ magnitude: Lanes, _ last: Lanes, _ older: Lanes) {
            (earlier, later) = (a, b)
            // One logarithm of the product serves both windows.
            logarithms = binaryLogarithm((a + SpeechFeatures.leastPower) * (b + SpeechFeatures.leastPower))
            (change, total) = (FrontEnd.magnitude(magnitude - last), magnitude + last)
            (olderChange, olderTotal) = (FrontEnd.magnitude(magnitude - older), magnitude + older)
        }

        /// The first region begins in the middle of its first block.
        @inline(__always) mutating func keepUpperHalf() {
            (earlier, later) = (parley_upper_half(earlier), parley_upper_half(later))
            logarithms = parley_upper_half(logarithms)
            (change, total) = (parley_upper_half(change), parley_upper_half(total))
            (olderChange, olderTotal) = (parley_upper_half(olderChange), parley_upper_half(olderTotal))
        }

        @inline(__always) mutating func add(_ other: RegionSums) {
            earlier += other.earlier
            later += other.later
            logarithms += other.logarithms
            change += other.change
            total += other.total
            olderChange += other.olderChange
            olderTotal += other.olderTotal
        }
    }
}
