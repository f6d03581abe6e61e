/// Metrics in the text format of Prometheus, version 0.0.4: `# HELP`, `# TYPE`, then one line a sample.
package struct PrometheusText: Sendable {
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var text = ""

    package init() {}

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(PrometheusText.escaped(help))\n# TYPE \(name) \(type)\n"
    }

    package mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
        head(name, help, "counter")
        text += "\(name) \(value)\n"
    }

    package mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        head(name, help, "gauge")
        text += "\(name) \(PrometheusText.number(value))\n"
    }

    /// A counter a value of one label.
    package mutating func counters(_ name: String, _ help: String, _ label: String, _ values: [(String, Int)]) {
        head(name, help, "counter")
        for (value, count) in values {
            text += "\(name){\(label)=\"\(PrometheusText.quoted(value))\"} \(count)\n"
        }
    }

    /// A counter a case, in the order of the cases, those that never came included.
    package mutating func counters<Case>(_ name: String, _ help: String, _ label: String, by counts: [Case: Int])
    where Case: CaseIterable & RawRepresentable & Hashable, Case.RawValue == String {
        counters(name, help, label, Case.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
    }

    package mutating func histogram(_ name: String, _ help: String, _ values: Histogram) {
        head(name, help, "histogram")
        var total = 0
        for (bound, count) in zip(values.bounds, values.counts) {
            total += count
            text += "\(name)_bucket{le=\"\(PrometheusText.number(bound))\"} \(total)\n"
        }
        total += values.counts.last ?? 0
        text += "\(name)_bucket{le=\"+Inf\"} \(total)\n"
        text += "\(name)_sum \(PrometheusText.number(values.sum))\n\(name)_count \(total)\n"
    }

    /// Without a fraction where there is none.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        guard value.isFinite else { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : "\($0)" })
    }

    private static func quoted(_ text: String) -> String {
        String(escaped(text).flatMap { $0 == "\"" ? "\\\"" : "\($0)" })
    }
}
