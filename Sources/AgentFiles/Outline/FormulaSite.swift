package import CallFlow
package import Formula

/// A place where a document reads variables: a formula, or a text with formulas in braces.
package struct FormulaSite {
    /// The names of the properties that lead to it, outermost first.
    package let path: [String]
    package let value: SourceValue
    /// The formulas, each without the equals sign or the braces.
    package let formulas: [String]
    /// What it reads, each with its place.
    package let references: [(path: [String], place: SourcePlace)]
    private let content: Content

    private enum Content {
        case expression(Expression)
        case template(Template)
    }

    /// Properties whose texts are no formulas, whatever stands in them.
    private static let verbatim: Set<String> = [
        "kind", "id", "displayName", "description", "modelDisplayName", "modelDescription", "pattern", "triggerQueries",
        "synonyms", "conversionMetadata", "actionId", "dialog", "flowId", "samples", "cardContent",
    ]
    /// Properties that are formulas even without an equals sign.
    private static let always: Set<String> = ["condition", "validation"]

    /// All sites in a value, in the order of the document, without those of actions within.
    ///
    /// - Parameter isCondition: the value is a formula even without an equals sign.
    package static func all(
        in value: SourceValue, isRecursive: Bool = true, isCondition: Bool = false
    ) -> [FormulaSite] {
        var sites: [FormulaSite] = []
        walk(value, isCondition ? ["condition"] : [], isRecursive, &sites)
        return sites
    }

    private static func walk(
        _ value: SourceValue, _ path: [String], _ isRecursive: Bool, _ sites: inout [FormulaSite]
    ) {
        if let text = value.string {
            if let site = FormulaSite(text, value, path) { sites.append(site) }
            return
        }
        for item in value.items { walk(item, path, isRecursive, &sites) }
        for member in value.members where !verbatim.contains(member.name) {
            if !isRecursive, ["actions", "elseActions"].contains(member.name) { continue }
            walk(member.value, path + [member.name], isRecursive, &sites)
        }
    }

    private init?(_ text: String, _ value: SourceValue, _ path: [String]) {
        let isFormula = text.hasPrefix("=") || FormulaSite.always.contains(path.last ?? "")
        let found: [(path: [String], offset: Int)]
        if isFormula {
            guard let expression = try? Expression(text) else { return nil }
            found = expression.references
            content = .expression(expression)
            formulas = [expression.source]
        } else {
            guard text.contains("{"), let template = try? Template(text) else { return nil }
            found = template.references
            content = .template(template)
            formulas = template.segments.compactMap { if case .formula(let inner) = $0 { inner.source } else { nil } }
        }
        if formulas.isEmpty { return nil }
        self.path = path
        self.value = value
        let hidden = FormulaSite.hidden(in: text, beside: found.map(\.offset))
        references = (found + hidden).map { ($0.path, value.place(ofScalar: $0.offset)) }
    }

    /// Variables within functions that go through rows of unknown columns, where a name could be a column's: a name that
    /// begins with a scope never is one.
    private static func hidden(in text: String, beside known: [Int]) -> [(path: [String], offset: Int)] {
        let pattern = /"(?:[^"]|"")*"|\b(Topic|Global)\.(\w+)/
        guard text.contains("(") else { return [] }
        return text.matches(of: pattern).compactMap { match in
            guard let scope = match.output.1, let name = match.output.2 else { return nil }
            let offset = text.unicodeScalars.distance(from: text.startIndex, to: match.range.lowerBound)
            return known.contains(offset) ? nil : ([String(scope), String(name)], offset)
        }
    }

    /// The formula's type when variables have these types; text for a text with formulas in it.
    package func type(_ types: some FormulaTypes) -> FormulaType {
        guard case .expression(let expression) = content else { return .text }
        return expression.check(types: types).type
    }

    /// What is wrong with the formulas when variables have these types.
    package func mistakes(_ types: some FormulaTypes) -> [(message: String, place: SourcePlace)] {
        let found =
            switch content {
            case .expression(let expression): expression.check(types: types).diagnostics
            case .template(let template): template.check(types: types)
            }
        return found.map { ($0.message, value.place(ofScalar: $0.offset)) }
    }
}

/// A place where a document names a variable that it sets: `variable: init:Topic.Name`.
package struct VariableSite {
    package let path: [String]
    package let variable: VariablePath
    package let value: SourceValue

    private static let verbatim: Set<String> = [
        "text", "speak", "triggerQueries", "synonyms", "displayName", "description", "content", "pattern",
    ]

    /// All sites in a value, in the order of the document.
    package static func all(in value: SourceValue, isRecursive: Bool = true) -> [VariableSite] {
        var sites: [VariableSite] = []
        walk(value, [], isRecursive, &sites)
        return sites
    }

    private static func walk(
        _ value: SourceValue, _ path: [String], _ isRecursive: Bool, _ sites: inout [VariableSite]
    ) {
        if let text = value.string {
            if let variable = VariablePath(text), variable.name.isIdentifier {
                sites.append(VariableSite(path: path, variable: variable, value: value))
            }
            return
        }
        for item in value.items { walk(item, path, isRecursive, &sites) }
        for member in value.members where !verbatim.contains(member.name) {
            if !isRecursive, ["actions", "elseActions"].contains(member.name) { continue }
            walk(member.value, path + [member.name], isRecursive, &sites)
        }
    }
}

extension String {
    /// Letters, digits and underscores, and no digit in front.
    package var isIdentifier: Bool {
        guard let first, first.isLetter || first == "_" else { return false }
        return allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }
}
