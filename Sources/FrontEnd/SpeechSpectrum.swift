/// The power spectra of two overlapping windows, by one Fourier transform of 256 points: one window is its real part, the
/// other its imaginary one.
///
/// The transform goes in three passes that work on eight numbers at a time: 32 points down the rows, a rotation, and
/// eight points across the lanes after a transposition, so that the results come in their natural order.
struct SpeechSpectrum: Sendable {
    static let window = 256
    /// Samples from a window's beginning to its peak: it falls faster than it rises, to hear an onset soon.
    private static let rise = 192
    private static let hop = 80
    /// Where the regions begin, in blocks of eight bins; the first begins with the fifth bin.
    static let regions: InlineArray<5, Int> = [0, 2, 5, 9, 14]

    /// The power in bins 0...127 of the earlier and of the later window.
    private(set) var earlier = InlineArray<16, Lanes>(repeating: Lanes())
    private(set) var later = InlineArray<16, Lanes>(repeating: Lanes())

    /// The energies of both windows in the four regions 125 to 500, to 1,250, to 2,250 and to 3,500 Hz.
    var regions: SIMD4<Float> { SpeechSpectrum.regions(earlier.span, later.span) }

    private static func regions(_ earlier: Span<Lanes>, _ later: Span<Lanes>) -> SIMD4<Float> {
        var energies = SIMD4<Float>()
        for region in 0..<4 {
            var sum = Lanes()
            for block in SpeechSpectrum.regions[region]..<SpeechSpectrum.regions[region + 1] {
                let mask = block == 0 ? Lanes(0, 0, 0, 0, 1, 1, 1, 1) : Lanes(repeating: 1)
                sum += (earlier[block] + later[block]) * mask
            }
            energies[region] = sum.sum()
        }
        return energies
    }

    /// What is the same for all transforms.
    private struct Tables: Sendable {
        let shape: [Lanes]
        /// cos and -sin of 2πk/32, for k below 16.
        let turns: [(Float, Float)]
        /// The rotation of lane n after row k: e^(-2πi·nk/256).
        let rotations: [(Lanes, Lanes)]
    }

    private static let tables = SpeechSpectrum.makeTables()

    private static func makeTables() -> Tables {
        let fall = SpeechSpectrum.window - SpeechSpectrum.rise
        let shape = (0..<32).map { row in
            var lanes = Lanes()
            for lane in 0..<8 {
                let n = Double(row * 8 + lane) + 0.5
                lanes[lane] =
                    n < Double(SpeechSpectrum.rise)
                    ? Float(0.5 - 0.5 * cosine(.pi * n / Double(SpeechSpectrum.rise)))
                    : Float(0.5 + 0.5 * cosine(.pi * (n - Double(SpeechSpectrum.rise)) / Double(fall)))
            }
            return lanes
        }
        let turns = (0..<16).map { k in
            let angle = 2 * Double.pi * Double(k) / 32
            return (Float(cosine(angle)), Float(-sine(angle)))
        }
        let rotations = (0..<32).map { row in
            var (c, s) = (Lanes(), Lanes())
            for lane in 0..<8 {
                let angle = 2 * Double.pi * Double(row * lane) / 256
                c[lane] = Float(cosine(angle))
                s[lane] = Float(-sine(angle))
            }
            return (c, s)
        }
        return Tables(shape: shape, turns: turns, rotations: rotations)
    }

    /// Of digital silence.
    init() {}

    /// Of 336 samples: the windows begin at 0 and at 80.
    init(of samples: Span<Float>) {
        precondition(samples.count >= SpeechSpectrum.window + SpeechSpectrum.hop)
        let tables = SpeechSpectrum.tables
        var realRows = InlineArray<32, Lanes>(repeating: Lanes())
        var imaginaryRows = InlineArray<32, Lanes>(repeating: Lanes())
        var real = realRows.mutableSpan
        var imaginary = imaginaryRows.mutableSpan
        SpeechSpectrum.load(samples, tables.shape.span, &real, &imaginary)
        SpeechSpectrum.transformRows(&real, &imaginary, tables.turns.span)
        SpeechSpectrum.transformLanes(&real, &imaginary, tables.rotations.span)
        var earlier = earlier.mutableSpan
        var later = later.mutableSpan
        SpeechSpectrum.separate(real.span, imaginary.span, &earlier, &later)
    }

    private static func load(
        _ samples: Span<Float>, _ shape: Span<Lanes>, _ real: inout MutableSpan<Lanes>,
        _ imaginary: inout MutableSpan<Lanes>
    ) {
        samples.withUnsafeBytes { bytes in
            for row in 0..<32 {
                let weight = shape[row]
                real[row] = weight * bytes.loadUnaligned(fromByteOffset: row * 32, as: Lanes.self)
                imaginary[row] = weight * bytes.loadUnaligned(fromByteOffset: row * 32 + hop * 4, as: Lanes.self)
            }
        }
    }

    /// 32 points down the rows, decimated in frequency: row r of the result is at the bit-reversed r.
    private static func transformRows(
        _ real: inout MutableSpan<Lanes>, _ imaginary: inout MutableSpan<Lanes>,
        _ turns: Span<(Float, Float)>
    ) {
        var half = 16
        var stride = 1
        while half >= 1 {
            for k in 0..<half {
                let (c, s) = turns[k * stride]
                var row = k
                while row < 32 {
                    let (ar, ai) = (real[row], imaginary[row])
                    let (br, bi) = (real[row + half], imaginary[row + half])
                    let (dr, di) = (ar - br, ai - bi)
                    real[row] = ar + br
                    imaginary[row] = ai + bi
                    real[row + half] = dr * c - di * s
                    imaginary[row + half] = dr * s + di * c
                    row += 2 * half
                }
            }
            half /= 2
            stride *= 2
        }
    }

    private static func transformLanes(
        _ real: inout MutableSpan<Lanes>, _ imaginary: inout MutableSpan<Lanes>,
        _ rotations: Span<(Lanes, Lanes)>
    ) {
        var (r, i) = (InlineArray<32, Lanes>(repeating: Lanes()), InlineArray<32, Lanes>(repeating: Lanes()))
        for row in 0..<32 {
            let from = reversed(row)
            let (c, s) = rotations[row]
            r[row] = real[from] * c - imaginary[from] * s
            i[row] = real[from] * s + imaginary[from] * c
        }
        for group in 0..<4 {
            var (x, y) = (InlineArray<8, Lanes>(repeating: Lanes()), InlineArray<8, Lanes>(repeating: Lanes()))
            for row in 0..<8 {
                x[row] = r[group * 8 + row]
                y[row] = i[group * 8 + row]
            }
            transpose(&x)
            transpose(&y)
            transformEight(&x, &y)
            for row in 0..<8 {
                real[row * 4 + group] = x[row]
                imaginary[row * 4 + group] = y[row]
            }
        }
    }

    @inline(__always) private static func reversed(_ row: Int) -> Int {
        (row & 1) << 4 | (row & 2) << 2 | row & 4 | (row & 8) >> 2 | (row & 16) >> 4
    }

    @inline(__always) private static func transpose(_ x: inout InlineArray<8, Lanes>) {
        for _ in 0..<3 {
            let y = x
            for row in 0..<4 {
                var (low, high) = (Lanes(), Lanes())
                low.evenHalf = y[row].lowHalf
                low.oddHalf = y[row + 4].lowHalf
                high.evenHalf = y[row].highHalf
                high.oddHalf = y[row + 4].highHalf
                x[2 * row] = low
                x[2 * row + 1] = high
            }
        }
    }

    /// Eight points, one in each vector, in their natural order.
    @inline(__always) private static func transformEight(
        _ x: inout InlineArray<8, Lanes>, _ y: inout InlineArray<8, Lanes>
    ) {
        func four(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> (
            (Lanes, Lanes), (Lanes, Lanes), (Lanes, Lanes), (Lanes, Lanes)
        ) {
            let (sr, si, tr, ti) = (x[a] + x[c], y[a] + y[c], x[a] - x[c], y[a] - y[c])
            let (ur, ui, vr, vi) = (x[b] + x[d], y[b] + y[d], x[b] - x[d], y[b] - y[d])
            return ((sr + ur, si + ui), (tr + vi, ti - vr), (sr - ur, si - ui), (tr - vi, ti + vr))
        }
        let root = Float(0.5).squareRoot()
        let (e0, e1, e2, e3) = four(0, 2, 4, 6)
        let (o0, o1, o2, o3) = four(1, 3, 5, 7)
        let p1 = ((o1.0 + o1.1) * root, (o1.1 - o1.0) * root)
        let p2 = (o2.1, -o2.0)
        let p3 = ((o3.1 - o3.0) * root, (-o3.0 - o3.1) * root)
        (x[0], y[0], x[4], y[4]) = (e0.0 + o0.0, e0.1 + o0.1, e0.0 - o0.0, e0.1 - o0.1)
        (x[1], y[1], x[5], y[5]) = (e1.0 + p1.0, e1.1 + p1.1, e1.0 - p1.0, e1.1 - p1.1)
        (x[2], y[2], x[6], y[6]) = (e2.0 + p2.0, e2.1 + p2.1, e2.0 - p2.0, e2.1 - p2.1)
        (x[3], y[3], x[7], y[7]) = (e3.0 + p3.0, e3.1 + p3.1, e3.0 - p3.0, e3.1 - p3.1)
    }

    /// The powers of the two windows: the even and the odd part of the transform.
    private static func separate(
        _ real: Span<Lanes>, _ imaginary: Span<Lanes>,
        _ earlier: inout MutableSpan<Lanes>, _ later: inout MutableSpan<Lanes>
    ) {
        for block in 0..<16 {
            let next = (32 - block) % 32
            let mirrorReal = mirror(real[31 - block], real[next][0])
            let mirrorImaginary = mirror(imaginary[31 - block], imaginary[next][0])
            let (evenReal, evenImaginary) = (real[block] + mirrorReal, imaginary[block] - mirrorImaginary)
            let (oddReal, oddImaginary) = (imaginary[block] + mirrorImaginary, real[block] - mirrorReal)
            earlier[block] = 0.25 * (evenReal * evenReal + evenImaginary * evenImaginary)
            later[block] = 0.25 * (oddReal * oddReal + oddImaginary * oddImaginary)
        }
    }

    @inline(__always) private static func mirror(_ block: Lanes, _ first: Float) -> Lanes {
        Lanes(first, block[7], block[6], block[5], block[4], block[3], block[2], block[1])
    }
}
