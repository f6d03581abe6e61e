/// A plot as an inline SVG picture.
struct SVGPlot {
    private let plot: Scorecard.Plot
    private let horizontal: Axis
    private let vertical: Axis

    private static let width = 480.0
    private static let height = 330.0
    private static let left = 58.0
    private static let right = 16.0
    private static let top = 12.0
    private static let bottom = 62.0
    /// Colours that are told apart by people who do not see red and green apart (Okabe and Ito).
    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

    /// A range with round marks.
    private struct Axis {
        let least: Double
        let most: Double
        let step: Double

        init(_ values: [Double]) {
            let finite = values.filter(\.isFinite)
            let least = min(0, finite.min() ?? 0)
            let range = max((finite.max() ?? 1) - least, 1e-9)
            var step = 1.0
            while step > range / 4 { step /= 10 }
            while step * 10 <= range / 4 { step *= 10 }
            if step * 5 <= range / 4 { step *= 5 } else if step * 2 <= range / 4 { step *= 2 }
            self.step = step
            self.least = (least / step).rounded(.down) * step
            most = ((least + range) / step - 1e-9).rounded(.up) * step
        }

        var marks: [Double] { (0...Int(((most - least) / step).rounded())).map { least + Double($0) * step } }
        func share(_ value: Double) -> Double { (value - least) / (most - least) }
    }

    init(_ plot: Scorecard.Plot) {
        self.plot = plot
        let points = plot.curves.flatMap(\.points)
        horizontal = Axis(points.map(\.x))
        vertical = Axis(points.map(\.y))
    }

    private func x(_ value: Double) -> Double {
        SVGPlot.left + horizontal.share(value) * (SVGPlot.width - SVGPlot.left - SVGPlot.right)
    }

    private func y(_ value: Double) -> Double {
        SVGPlot.height - SVGPlot.bottom - vertical.share(value) * (SVGPlot.height - SVGPlot.top - SVGPlot.bottom)
    }

    /// The figure with its caption.
    var text: String {
        let parts = grid + axes + plot.curves.enumerated().map { curve($1, colour: colour($0)) } + legend
        return """
            <figure>
            <figcaption>\(escaped(plot.title))</figcaption>
            <svg viewBox="0 0 \(Int(SVGPlot.width)) \(Int(SVGPlot.height))" role="img" aria-label="\(escaped(plot.title))">
            \(parts.joined(separator: "\n"))
            </svg>
            </figure>

            """
    }

    private func colour(_ index: Int) -> String { SVGPlot.colours[index % SVGPlot.colours.count] }

    private var grid: [String] {
        let (low, high) = (y(vertical.least), y(vertical.most))
        let columns = horizontal.marks.map { mark in
            line(x(mark), low, x(mark), high, "grid") + label(mark.shown, x(mark), low + 16, "middle")
        }
        let rows = vertical.marks.map { mark in
            line(x(horizontal.least), y(mark), x(horizontal.most), y(mark), "grid")
                + label(mark.shown, SVGPlot.left - 8, y(mark) + 4, "end")
        }
        return columns + rows
    }

    private var axes: [String] {
        let middle = (y(vertical.least) + y(vertical.most)) / 2
        let centre = (x(horizontal.least) + x(horizontal.most)) / 2
        return [
            line(SVGPlot.left, y(vertical.least), SVGPlot.width - SVGPlot.right, y(vertical.least), "axis"),
            line(SVGPlot.left, y(vertical.least), SVGPlot.left, SVGPlot.top, "axis"),
            label(plot.horizontal, centre, y(vertical.least) + 33, "middle"),
            "<text transform=\"translate(13 \(middle.shown)) rotate(-90)\" text-anchor=\"middle\">"
                + escaped(plot.vertical) + "</text>",
        ]
    }

    private func curve(_ curve: Scorecard.Curve, colour: String) -> String {
        let points = curve.points.filter { $0.x.isFinite && $0.y.isFinite }
        let path = points.map { "\(x($0.x).shown),\(y($0.y).shown)" }.joined(separator: " ")
        var text = "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
        guard points.count <= 30 else { return text }
        for point in points {
            text += "<circle cx=\"\(x(point.x).shown)\" cy=\"\(y(point.y).shown)\" r=\"3\" fill=\"\(colour)\"/>"
        }
        return text
    }

    private var legend: [String] {
        var place = SVGPlot.left
        return plot.curves.enumerated().map { index, curve in
            defer { place += 34 + Double(curve.name.count) * 7 }
            let height = SVGPlot.height - 8
            return "<rect x=\"\(place.shown)\" y=\"\((height - 9).shown)\" width=\"12\" height=\"10\" rx=\"2\" "
                + "fill=\"\(colour(index))\"/>" + label(curve.name, place + 17, height, "start")
        }
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) -> String {
        "<line x1=\"\(x1.shown)\" y1=\"\(y1.shown)\" x2=\"\(x2.shown)\" y2=\"\(y2.shown)\" class=\"\(kind)\"/>"
    }

    private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
        "<text x=\"\(x.shown)\" y=\"\(y.shown)\" text-anchor=\"\(anchor)\">\(escaped(text))</text>"
    }
}
