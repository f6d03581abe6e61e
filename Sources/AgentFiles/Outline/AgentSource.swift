package import Yams

/// A document of an agent's folder as it was written: what the model leaves out (places, comments, parts that are not
/// supported) is still here.
package struct AgentSource {
    /// What a document says about the agent.
    package enum Role: Sendable, Equatable {
        /// `agent.mcs.yml` or `settings.mcs.yml`.
        case settings
        /// A topic.
        case topic
        /// A variable's declaration.
        case variable
        /// An entity that questions refer to.
        case entity
        /// An environment variable, a flow's address, another document that declares something.
        case declaration
    }

    package let role: Role
    /// A topic's name: the file's, without its extension.
    package let name: String
    /// The document; `nil` when the file is no YAML.
    package let root: Node?
    package let text: SourceText

    package init(role: Role, name: String, file: String, text: String, root: Node?) {
        self.role = role
        self.name = name
        self.root = root
        self.text = SourceText(file: file, text: text)
    }

    /// The document's file, as the user would name it.
    package var file: String { text.file }

    /// The document as a value with its place.
    package var value: SourceValue? { root.map { SourceValue($0, in: text) } }
}

/// The text of a document, by lines.
package final class SourceText: Sendable {
    package let file: String
    package let lines: [[Character]]
    package let notes: SourceNotes

    package init(file: String, text: String) {
        self.file = file
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0) }
        notes = SourceNotes(lines)
    }
}

/// A place in a document: lines and columns count from 1, and 0 means the whole file or line.
package struct SourcePlace: Sendable, Hashable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (a: SourcePlace, b: SourcePlace) -> Bool { (a.line, a.column) < (b.line, b.column) }
}
