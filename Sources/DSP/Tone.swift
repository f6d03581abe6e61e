package import Telephony

/// A sound of one or two sines.
package struct Tone: Hashable, Sendable {
    /// One sine.
    package struct Component: Hashable, Sendable {
        /// Hertz.
        package var frequency: Double
        package var levelInDBm0: Double

        package init(frequency: Double, levelInDBm0: Double) {
            self.frequency = frequency
            self.levelInDBm0 = levelInDBm0
        }
    }

    package var first: Component
    package var second: Component?

    package init(_ first: Component, _ second: Component? = nil) {
        self.first = first
        self.second = second
    }

    /// The DTMF signal of a key (ITU-T Q.23).
    ///
    /// - Parameters:
    ///   - levelInDBm0: of each of the two frequencies.
    ///   - twistInDB: by how much the higher one is louder; it takes half of it up, the lower one half of it down.
    package init(_ digit: Digit, levelInDBm0: Double = -8, twistInDB: Double = 0) {
        let (low, high) = DTMF.frequencies(of: digit)
        first = Component(frequency: low, levelInDBm0: levelInDBm0 - twistInDB / 2)
        second = Component(frequency: high, levelInDBm0: levelInDBm0 + twistInDB / 2)
    }
}

/// When a tone sounds and when it pauses.
package struct Cadence: Hashable, Sendable {
    /// On, off, on, off, ... Empty means on for ever.
    package var segments: [Interval]
    /// How often the segments are played; `nil` for ever.
    package var repetitions: Int?

    package init(_ segments: [Interval], repetitions: Int? = nil) {
        self.segments = segments
        self.repetitions = repetitions
    }

    package static let continuous = Cadence([])
    /// Sounds once for so long.
    package static func once(_ duration: Interval) -> Cadence { Cadence([duration], repetitions: 1) }
    package static func alternating(on: Interval, off: Interval) -> Cadence { Cadence([on, off]) }
}

/// The frequencies of the keys (ITU-T Q.23).
package enum DTMF {
    /// Hertz, by row.
    package static let low: [Double] = [697, 770, 852, 941]
    /// Hertz, by column.
    package static let high: [Double] = [1_209, 1_336, 1_477, 1_633]
    /// The keys by row and column.
    package static let keys: [[Character]] = [
        ["1", "2", "3", "A"], ["4", "5", "6", "B"], ["7", "8", "9", "C"], ["*", "0", "#", "D"],
    ]

    package static func frequencies(of digit: Digit) -> (low: Double, high: Double) {
        for (row, characters) in keys.enumerated() {
            if let column = characters.firstIndex(of: digit.character) { return (low[row], high[column]) }
        }
        return (low[3], high[1])
    }
}
