/// The power spectra of two overlapping windows, by one Fourier transform of 256 points: one window is its real part, the
/// other its imaginary one.
///
/// The transform goes in three passes that work on eight numbers at a time: four points and eight points down the 32 rows,
/// a rotation, and eight points across the lanes after a transposition, so that the results come in their natural order.
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
            energies[region] = total(sum)
        }
        return energies
    }

    /// What is the same for all transforms.
    private struct Tables: Sendable {
        let shape: [Lanes]
        /// e^(-2πi·jk/32) for j of 1, 2 and 3, behind each other for k of 0 to 7: cosine and sine.
        let turns: [(Float, Float)]
        /// The rotation of lane n after row k: e^(-2πi·nk/256).
        let cosines: [Lanes]
        let sines: [Lanes]
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
        let turns = (0..<24).map { index in
            let angle = 2 * Double.pi * Double((index / 3) * (index % 3 + 1)) / 32
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
        return Tables(
            shape: shape, turns: turns, cosines: rotations.map(\.0), sines: rotations.map(\.1))
    }

    /// Of digital silence.
    init() {}

    /// Takes 336 samples: the windows begin at 0 and at 80.
    mutating func analyse(_ samples: Span<Float>) {
        precondition(samples.count >= SpeechSpectrum.window + SpeechSpectrum.hop)
        let tables = SpeechSpectrum.tables
        var realRows = InlineArray<32, Lanes>(repeating: Lanes())
        var imaginaryRows = InlineArray<32, Lanes>(repeating: Lanes())
        var realRotated = InlineArray<32, Lanes>(repeating: Lanes())
        var imaginaryRotated = InlineArray<32, Lanes>(repeating: Lanes())
        var real = realRows.mutableSpan
        var imaginary = imaginaryRows.mutableSpan
        SpeechSpectrum.transformQuarters(samples, tables.shape.span, tables.turns.span, &real, &imaginary)
        var rotated = realRotated.mutableSpan
        var rotatedImaginary = imaginaryRotated.mutableSpan
        SpeechSpectrum.transformRows(
            real.span, imaginary.span, tables.cosines.span, tables.sines.span, &rotated, &rotatedImaginary)
        SpeechSpectrum.transformLanes(rotated.span, rotatedImaginary.span, &real, &imaginary)
        var earlier = earlier.mutableSpan
        var later = later.mutableSpan
        SpeechSpectrum.separate(real.span, imaginary.span, &earlier, &later)
    }

    /// Windows the samples, and transforms four points down the rows: those that are eight rows apart.
    private static func transformQuarters(
        _ samples: Span<Float>, _ shape: Span<Lanes>, _ turns: Span<(Float, Float)>,
        _ real: inout MutableSpan<Lanes>, _ imaginary: inout MutableSpan<Lanes>
    ) {
        samples.withUnsafeBytes { bytes in
            for k in 0..<8 {
                let (a, b) = (load(bytes, shape, k), load(bytes, shape, k + 8))
                let (c, d) = (load(bytes, shape, k + 16), load(bytes, shape, k + 24))
                let (sr, si, tr, ti) = (a.0 + c.0, a.1 + c.1, a.0 - c.0, a.1 - c.1)
                let (ur, ui, vr, vi) = (b.0 + d.0, b.1 + d.1, b.0 - d.0, b.1 - d.1)
                (real[k], imaginary[k]) = (sr + ur, si + ui)
                (real[k + 8], imaginary[k + 8]) = turned(tr + vi, ti - vr, turns[3 * k])
                (real[k + 16], imaginary[k + 16]) = turned(sr - ur, si - ui, turns[3 * k + 1])
                (real[k + 24], imaginary[k + 24]) = turned(tr - vi, ti + vr, turns[3 * k + 2])
            }
        }
    }

    /// A row of both windows.
    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ shape: Span<Lanes>, _ row: Int) -> (Lanes, Lanes) {
        let weight = shape[row]
        return (
            weight * bytes.loadUnaligned(fromByteOffset: row * 32, as: Lanes.self),
            weight * bytes.loadUnaligned(fromByteOffset: row * 32 + hop * 4, as: Lanes.self)
        )
    }

    @inline(__always)
    private static func turned(_ x: Lanes, _ y: Lanes, _ turn: (Float, Float)) -> (Lanes, Lanes) {
        (x * turn.0 - y * turn.1, x * turn.1 + y * turn.0)
    }

    /// Transforms the eight points of each quarter, of which the m-th of quarter j is row j + 4m, and rotates the rows.
    private static func transformRows(
        _ real: Span<Lanes>, _ imaginary: Span<Lanes>, _ cosines: Span<Lanes>, _ sines: Span<Lanes>,
        _ rotated: inout MutableSpan<Lanes>, _ rotatedImaginary: inout MutableSpan<Lanes>
    ) {
        for quarter in 0..<4 {
            let (x, y) = transformEight(
                EightLanes(real, from: quarter * 8, by: 1), EightLanes(imaginary, from: quarter * 8, by: 1))
            let (c, s) = (EightLanes(cosines, from: quarter, by: 4), EightLanes(sines, from: quarter, by: 4))
            (x * c - y * s).store(&rotated, from: quarter, by: 4)
            (x * s + y * c).store(&rotatedImaginary, from: quarter, by: 4)
        }
    }

    /// Transforms the eight points of each row.
    private static func transformLanes(
        _ rotated: Span<Lanes>, _ rotatedImaginary: Span<Lanes>,
        _ real: inout MutableSpan<Lanes>, _ imaginary: inout MutableSpan<Lanes>
    ) {
        for group in 0..<4 {
            let (x, y) = transformEight(
                EightLanes(rotated, from: group * 8, by: 1).transposed(),
                EightLanes(rotatedImaginary, from: group * 8, by: 1).transposed())
            x.store(&real, from: group, by: 4)
            y.store(&imaginary, from: group, by: 4)
        }
    }

    /// Eight points, one in each vector, in their natural order.
    @inline(__always) private static func transformEight(_ x: EightLanes, _ y: EightLanes) -> (EightLanes, EightLanes) {
        let root = Float(0.5).squareRoot()
        let (e0, e1, e2, e3) = transformFour((x.a, y.a), (x.c, y.c), (x.e, y.e), (x.g, y.g))
        let (o0, o1, o2, o3) = transformFour((x.b, y.b), (x.d, y.d), (x.f, y.f), (x.h, y.h))
        let p1 = ((o1.0 + o1.1) * root, (o1.1 - o1.0) * root)
        let p2 = (o2.1, -o2.0)
        let p3 = ((o3.1 - o3.0) * root, (-o3.0 - o3.1) * root)
        let real = EightLanes(
            e0.0 + o0.0, e1.0 + p1.0, e2.0 + p2.0, e3.0 + p3.0, e0.0 - o0.0, e1.0 - p1.0, e2.0 - p2.0, e3.0 - p3.0)
        let imaginary = EightLanes(
            e0.1 + o0.1, e1.1 + p1.1, e2.1 + p2.1, e3.1 + p3.1, e0.1 - o0.1, e1.1 - p1.1, e2.1 - p2.1, e3.1 - p3.1)
        return (real, imaginary)
    }

    private typealias Complex = (Lanes, Lanes)

    /// Four points, in their natural order.
    @inline(__always)
    private static func transformFour(
        _ a: Complex, _ b: Complex, _ c: Complex, _ d: Complex
    ) -> (Complex, Complex, Complex, Complex) {
        let (sr, si, tr, ti) = (a.0 + c.0, a.1 + c.1, a.0 - c.0, a.1 - c.1)
        let (ur, ui, vr, vi) = (b.0 + d.0, b.1 + d.1, b.0 - d.0, b.1 - d.1)
        return ((sr + ur, si + ui), (tr + vi, ti - vr), (sr - ur, si - ui), (tr - vi, ti + vr))
    }

    /// The powers of the two windows: the even and the odd part of the transform.
    private static func separate(
        _ real: Span<Lanes>, _ imaginary: Span<Lanes>,
        _ earlier: inout MutableSpan<Lanes>, _ later: inout MutableSpan<Lanes>
    ) {
        for block in 0..<16 {
            let next = (32 - block) % 32
            let mirrorReal = mirrored(real[31 - block], behind: real[next])
            let mirrorImaginary = mirrored(imaginary[31 - block], behind: imaginary[next])
            let (evenReal, evenImaginary) = (real[block] + mirrorReal, imaginary[block] - mirrorImaginary)
            let (oddReal, oddImaginary) = (imaginary[block] + mirrorImaginary, real[block] - mirrorReal)
            earlier[block] = 0.25 * (evenReal * evenReal + evenImaginary * evenImaginary)
            later[block] = 0.25 * (oddReal * oddReal + oddImaginary * oddImaginary)
        }
    }
}
