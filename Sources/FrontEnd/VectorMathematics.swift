import CVector

// Elementary functions of eight numbers at a time, good to some 1e-6 of relative error: a call of the C library for each
// lane would cost more than all the rest of the speech detector.

typealias Lanes = SIMD8<Float>

/// Eight numbers of a row, from one on.
@inline(__always) func eight(of numbers: Span<Float>, from index: Int) -> Lanes {
    numbers.extracting(index..<(index + 8)).withUnsafeBytes { $0.loadUnaligned(as: Lanes.self) }
}

/// Eight rows of eight numbers: what is kept in registers, where an array would be in memory.
struct EightLanes {
    var (a, b, c, d): (Lanes, Lanes, Lanes, Lanes)
    var (e, f, g, h): (Lanes, Lanes, Lanes, Lanes)

    @inline(__always)
    init(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes, _ e: Lanes, _ f: Lanes, _ g: Lanes, _ h: Lanes) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
        (self.e, self.f, self.g, self.h) = (e, f, g, h)
    }

    /// Eight rows of more, so many apart.
    @inline(__always) init(_ rows: Span<Lanes>, from first: Int, by step: Int) {
        precondition(first >= 0 && first + 7 * step < rows.count, "eight rows are there")
        self = rows.withUnsafeBytes { bytes in
            @inline(__always) func row(_ number: Int) -> Lanes {
                bytes.loadUnaligned(fromByteOffset: (first &+ number &* step) &* 32, as: Lanes.self)
            }
            return EightLanes(row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7))
        }
    }

    @inline(__always) func store(_ rows: inout MutableSpan<Lanes>, from first: Int, by step: Int) {
        precondition(first >= 0 && first + 7 * step < rows.count, "there is room for eight rows")
        rows.withUnsafeMutableBytes { bytes in
            @inline(__always) func put(_ row: Lanes, _ number: Int) {
                bytes.storeBytes(of: row, toByteOffset: (first &+ number &* step) &* 32, as: Lanes.self)
            }
            put(a, 0)
            put(b, 1)
            put(c, 2)
            put(d, 3)
            put(e, 4)
            put(f, 5)
            put(g, 6)
            put(h, 7)
        }
    }

    @inline(__always) static func * (x: EightLanes, y: EightLanes) -> EightLanes {
        EightLanes(x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d, x.e * y.e, x.f * y.f, x.g * y.g, x.h * y.h)
    }

    @inline(__always) static func + (x: EightLanes, y: EightLanes) -> EightLanes {
        EightLanes(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d, x.e + y.e, x.f + y.f, x.g + y.g, x.h + y.h)
    }

    @inline(__always) static func - (x: EightLanes, y: EightLanes) -> EightLanes {
        EightLanes(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d, x.e - y.e, x.f - y.f, x.g - y.g, x.h - y.h)
    }

    /// Rows as columns.
    @inline(__always) func transposed() -> EightLanes {
        let (ab, abHigh) = (parley_low_pairs(a, b), parley_high_pairs(a, b))
        let (cd, cdHigh) = (parley_low_pairs(c, d), parley_high_pairs(c, d))
        let (ef, efHigh) = (parley_low_pairs(e, f), parley_high_pairs(e, f))
        let (gh, ghHigh) = (parley_low_pairs(g, h), parley_high_pairs(g, h))
        let (p0, p1) = (parley_even_pairs(ab, cd), parley_odd_pairs(ab, cd))
        let (p2, p3) = (parley_even_pairs(abHigh, cdHigh), parley_odd_pairs(abHigh, cdHigh))
        let (q0, q1) = (parley_even_pairs(ef, gh), parley_odd_pairs(ef, gh))
        let (q2, q3) = (parley_even_pairs(efHigh, ghHigh), parley_odd_pairs(efHigh, ghHigh))
        return EightLanes(
            parley_low_halves(p0, q0), parley_low_halves(p1, q1), parley_low_halves(p2, q2), parley_low_halves(p3, q3),
            parley_high_halves(p0, q0), parley_high_halves(p1, q1), parley_high_halves(p2, q2),
            parley_high_halves(p3, q3))
    }
}

// The library's own `pointwiseMax`, `pointwiseMin`, shifts and conversions are a call, or a loop over the lanes.

@inline(__always) func larger(_ a: Lanes, _ b: Lanes) -> Lanes { parley_larger(a, b) }

@inline(__always) func root(_ x: Lanes) -> Lanes { parley_root(x) }

/// The sum of eight numbers, in halves; the library's own `sum` adds one after the other.
@inline(__always) func total(_ x: Lanes) -> Float { parley_total(x) }

/// The sums of eight vectors, each as ``total(_:)`` adds it.
@inline(__always) func totals(_ vectors: EightLanes) -> Lanes {
    let t = vectors.transposed()
    let even = (t.a + t.e) + (t.c + t.g)
    return even + ((t.b + t.f) + (t.d + t.h))
}

@inline(__always) func smaller(_ a: Lanes, _ b: Lanes) -> Lanes { parley_smaller(a, b) }

/// The first of numbers, and those before them from their end: what is on the other side of a spectrum.
@inline(__always) func mirrored(_ x: Lanes, behind y: Lanes) -> Lanes { parley_mirrored(x, y) }

@inline(__always) func magnitude(_ x: Lanes) -> Lanes {
    unsafeBitCast(unsafeBitCast(x, to: SIMD8<UInt32>.self) & 0x7FFF_FFFF, to: Lanes.self)
}

/// The binary logarithm of positive, normal numbers.
@inline(__always) func binaryLogarithm(_ x: Lanes) -> Lanes {
    let bits = unsafeBitCast(x, to: SIMD8<Int32>.self)
    // The mantissa between √½ and √2, so that the series below converges fast.
    let exponent = parley_from_exponent(bits &- 0x3F35_04F3)
    let m = unsafeBitCast(bits &- parley_to_exponent(exponent), to: Lanes.self)
    let s = (m - 1) / (m + 1)
    let t = s * s
    // 2/ln 2 · (s + s³/3 + s⁵/5 + s⁷/7)
    let series = s * (2.885_390_1 + t * (0.961_796_7 + t * (0.577_078_0 + t * 0.412_198_6)))
    return parley_floating(exponent) + series
}

/// Two to the power of numbers, which are clamped to -100...100.
@inline(__always) func binaryExponential(_ x: Lanes) -> Lanes {
    let clamped = smaller(larger(x, Lanes(repeating: -100)), Lanes(repeating: 100))
    // Adding 1.5·2²³ rounds to an integer.
    let magic = Lanes(repeating: 12_582_912)
    let whole = (clamped + magic) - magic
    let f = clamped - whole
    var series = f * 0.001_333_56 + 0.009_618_13
    series = series * f + 0.055_504_11
    series = series * f + 0.240_226_5
    series = series * f + 0.693_147_2
    series = series * f + 1
    let exponent = unsafeBitCast(clamped + magic, to: SIMD8<Int32>.self) &- 0x4B40_0000
    return series * unsafeBitCast(parley_to_exponent(exponent &+ 127), to: Lanes.self)
}

/// 1 / (1 + e⁻ˣ).
@inline(__always) func logistic(_ x: Lanes) -> Lanes { 1 / (1 + binaryExponential(x * -1.442_695)) }

@inline(__always) func hyperbolicTangent(_ x: Lanes) -> Lanes { 2 * logistic(x + x) - 1 }

/// The cosines and sines of angles in turns, good to some 1e-5.
@inline(__always) func cosineAndSine(turns: Lanes) -> (cosine: Lanes, sine: Lanes) {
    // Adding 1.5·2²³ rounds to an integer.
    let magic = Lanes(repeating: 12_582_912)
    let t = turns - ((turns + magic) - magic)
    let whole = magnitude(t)
    let folded = 0.25 - magnitude(whole - 0.25)
    let sign = unsafeBitCast(t, to: SIMD8<UInt32>.self) & 0x8000_0000
    let sine = unsafeBitCast(unsafeBitCast(sineOfQuarter(folded), to: SIMD8<UInt32>.self) ^ sign, to: Lanes.self)
    return (sineOfQuarter(0.25 - whole), sine)
}

/// The sine of -¼ to ¼ turns: Taylor's series to the ninth power.
@inline(__always) private func sineOfQuarter(_ x: Lanes) -> Lanes {
    let t = x * x
    var series = t * 42.058_694 - 76.705_86
    series = series * t + 81.605_249
    series = series * t - 41.341_702
    series = series * t + 6.283_185_3
    return series * x
}
