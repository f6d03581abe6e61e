package import Documents

/// A rule that `parley check` knows.
package struct Rule: Sendable, Hashable {
    /// Its name, which stays.
    package let code: String
    package let severity: Diagnostic.Severity
    /// What it finds, in a line.
    package let title: String
    /// Why that matters and what to do.
    package let explanation: String

    /// The rule of a code.
    package static func named(_ code: String) -> Rule? { all.first { $0.code == code } }

    init(_ code: String, _ severity: Diagnostic.Severity, _ title: String, _ explanation: String) {
        self.code = code
        self.severity = severity
        self.title = title
        self.explanation = explanation
    }

    /// A silence names a rule by its code, or several by what their codes begin with: `unreachable`.
    package func isNamed(by word: String) -> Bool { code == word || code.hasPrefix(word + "-") }

    /// All rules: those of reading, then those of names, flow, questions, keys, the outside, secrets and notes.
    package static let all: [Rule] = reading + names + flow + questions + outside + secrets + notes
}
