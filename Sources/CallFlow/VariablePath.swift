/// A variable by its scope and name.
package struct VariablePath: Sendable, Hashable, CustomStringConvertible {
    package enum Scope: String, Sendable, CaseIterable {
        case topic = "Topic"
        case global = "Global"
        /// Of the system's variables a dialog may set one: `System.Recognizer.SelectedIntent`.
        case system = "System"
    }

    package var scope: Scope
    package var name: String

    package init(scope: Scope, name: String) {
        self.scope = scope
        self.name = name
    }

    /// Reads `Topic.Name` or `Global.Name`, with or without `init:` in front; a name may stand in single quotes.
    package init?(_ text: String) {
        let bare = text.hasPrefix("init:") ? text.dropFirst(5) : Substring(text)
        guard let dot = bare.firstIndex(of: "."), let scope = Scope(rawValue: String(bare[..<dot])) else { return nil }
        var name = bare[bare.index(after: dot)...]
        if name.count > 2, name.first == "'", name.last == "'" { name = name.dropFirst().dropLast() }
        guard !name.isEmpty, scope == .system || !name.contains(".") else { return nil }
        guard scope != .system || VariablePath.writable.contains(String(name)) else { return nil }
        self.scope = scope
        self.name = String(name)
    }

    /// System variables that a dialog may set.
    package static let writable: Set<String> = ["Recognizer.SelectedIntent"]

    package var description: String { "\(scope.rawValue).\(name)" }
}
