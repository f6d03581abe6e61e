/// A mistake in a document: where it is, what is wrong and what to do.
package struct Diagnostic: Error, Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable, CaseIterable {
        case error
        case warning
    }

    package var severity: Severity
    /// The file, as the user would name it.
    package var file: String
    /// From 1; 0 when the whole file is meant.
    package var line: Int
    /// From 1; 0 when the whole line is meant.
    package var column: Int
    /// The rule that was broken, by a name that stays: `unknown-property`. `parley check --list-rules` has them all.
    package var code: String
    /// What is wrong and what to do, in a sentence: "what is wrong; what to do".
    package var message: String

    package init(
        _ severity: Severity = .error, file: String, line: Int, column: Int, code: String = "invalid", message: String
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.code = code
        self.message = message
    }

    /// What to do, where the message says so: what stands behind the first semicolon.
    package var fix: String? {
        guard let end = message.firstRange(of: "; ") else { return nil }
        return String(message[end.upperBound...])
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `file:line:column: error: message [code]`, as compilers write it and editors read it.
    package var description: String {
        var place = file
        if line > 0 { place += ":\(line)" }
        if line > 0, column > 0 { place += ":\(column)" }
        return "\(place): \(severity.rawValue): \(message)" + (code == "invalid" ? "" : " [\(code)]")
    }
}

extension Diagnostic: Comparable {
    package static func < (a: Diagnostic, b: Diagnostic) -> Bool {
        (a.file, a.line, a.column, a.message) < (b.file, b.line, b.column, b.message)
    }
}

/// The nearest of some names to one that is not among them, for "did you mean".
package func nearestName(to name: String, among names: some Sequence<String>) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in names {
        let distance = editDistance(Array(name.lowercased().utf8), Array(candidate.lowercased().utf8))
        if distance < (best?.distance ?? Int.max) { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, name.utf8.count / 3) else { return nil }
    return best.name
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[b.count]
}
