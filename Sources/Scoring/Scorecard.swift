/// What one detector did on one suite: figures, tables and curves, to be printed, compared or drawn.
package struct Scorecard: Sendable, Codable, Equatable {
    /// The suite: `dtmf`, `progress`, `speech`, `bargein`.
    package var suite: String
    /// What was measured: `parley`, or the name of a rival.
    package var detector: String
    /// The seed of a synthetic suite; `nil` for a labelled folder.
    package var seed: UInt64?
    /// The labelled folder; `nil` for a synthetic suite.
    package var folder: String?
    package var figures: [Figure] = []
    package var tables: [Table] = []
    package var plots: [Plot] = []
    /// What the reader must know, a sentence each: what was left out, and why.
    package var notes: [String] = []

    package init(suite: String, detector: String, seed: UInt64? = nil, folder: String? = nil) {
        self.suite = suite
        self.detector = detector
        self.seed = seed
        self.folder = folder
    }

    /// A number with a name.
    package struct Figure: Sendable, Codable, Equatable {
        /// In camel case with the unit last, stable across versions: `digitErrorRate`, `onsetP95InMilliseconds`.
        package var name: String
        /// For people: "digits missed or wrong".
        package var title: String
        package var value: Double
        /// `%`, `ms`, `a minute`, or empty. A share is kept as a share of one and shown in per cent.
        package var unit: String
        package var better: Direction

        package init(_ name: String, _ title: String, _ value: Double, unit: String = "", better: Direction = .lower) {
            self.name = name
            self.title = title
            self.value = value
            self.unit = unit
            self.better = better
        }

        /// The value as it is shown.
        package var shown: String { (unit == "%" ? value * 100 : value).shown + (unit.isEmpty ? "" : " \(unit)") }
    }

    /// Which way a figure gets better.
    package enum Direction: String, Sendable, Codable {
        case higher
        case lower
        /// Neither is better: a count, a length.
        case neither
    }

    /// Rows under named columns.
    package struct Table: Sendable, Codable, Equatable {
        package var title: String
        package var columns: [String]
        package var rows: [[String]]

        package init(_ title: String, columns: [String], rows: [[String]] = []) {
            self.title = title
            self.columns = columns
            self.rows = rows
        }
    }

    /// Curves over two axes: a ROC, latency against cut-off rate.
    package struct Plot: Sendable, Codable, Equatable {
        package var title: String
        package var horizontal: String
        package var vertical: String
        package var curves: [Curve]

        package init(_ title: String, horizontal: String, vertical: String, curves: [Curve]) {
            self.title = title
            self.horizontal = horizontal
            self.vertical = vertical
            self.curves = curves
        }
    }

    /// One named curve of a plot.
    package struct Curve: Sendable, Codable, Equatable {
        package var name: String
        package var points: [Point]

        package init(_ name: String, points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    package struct Point: Sendable, Codable, Equatable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// A figure by its name.
    package func figure(_ name: String) -> Double? { figures.first { $0.name == name }?.value }
}

extension Double {
    /// Four significant digits and no trailing zeros, the same on every machine.
    package var shown: String {
        guard isFinite else { return "-" }
        if self == rounded(), abs(self) < 1e9 { return String(Int(self)) }
        let digits = abs(self) >= 100 ? 1 : abs(self) >= 1 ? 2 : 4
        let scale = (0..<digits).reduce(1.0) { value, _ in value * 10 }
        var text = String((self * scale).rounded() / scale)
        if text.hasSuffix(".0") { text.removeLast(2) }
        return text
    }
}
