extension Scorecard {
    /// The scorecard for a terminal, a line an element.
    package var lines: [String] {
        let place = folder.map { "folder \($0)" } ?? seed.map { "seed \($0)" } ?? ""
        var lines = ["\(suite): \(detector)" + (place.isEmpty ? "" : " (\(place))")]
        let width = figures.map(\.title.count).max() ?? 0
        for figure in figures { lines.append("  " + figure.title.padded(to: width) + "  " + figure.shown) }
        for table in tables { lines += [""] + table.lines }
        for note in notes { lines.append("note: \(note)") }
        return lines
    }
}

extension Scorecard.Table {
    /// The title, the columns' names and the rows, in columns of equal width.
    package var lines: [String] {
        let widths = columns.indices.map { column in
            ([columns[column]] + rows.map { column < $0.count ? $0[column] : "" }).map(\.count).max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var text = "  "
            for (cell, width) in zip(cells, widths) { text += cell.padded(to: width) + "  " }
            while text.hasSuffix(" ") { text.removeLast() }
            return text
        }
        return [title, line(columns)] + rows.map(line)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
