package import Formula

/// Where everything of an agent stands in its files, for whoever checks it.
package struct SourceMap: Sendable {
    package struct Place: Sendable, Hashable {
        package var file: String
        /// From 1.
        package var line: Int
        /// From 1.
        package var column: Int
    }

    /// A formula, or a line with formulas in braces, and where it stands.
    package struct Site: Sendable {
        package enum Content: Sendable {
            case expression(Expression)
            case template(Template)
        }
        package var topic: String
        /// Empty for a topic's own.
        package var action: String
        /// The path of the property within the action: `activity.speak.0`, `body.content`.
        package var property: String
        package var content: Content
        package var place: Place
    }

    private struct Key: Hashable, Sendable {
        var topic: String
        var action: String
        var property: String
    }

    private var places: [Key: Place] = [:]
    /// Every formula, in the order of the documents.
    package private(set) var sites: [Site] = []
    /// The text of every file that was read, by path, sorted by path.
    package internal(set) var texts: [(file: String, text: String)] = []

    /// Where a topic, one of its actions (`action`) or a property of either stands.
    package subscript(topic: String, action: String = "", property: String = "") -> Place? {
        places[Key(topic: topic, action: action, property: property)]
    }

    mutating func add(_ place: Place, topic: String, action: String = "", property: String = "") {
        places[Key(topic: topic, action: action, property: property)] = place
    }

    mutating func add(_ site: Site) { sites.append(site) }
}
