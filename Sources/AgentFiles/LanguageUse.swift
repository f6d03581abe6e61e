/// What a call makes of a kind or property of the dialog language.
package enum LanguageUse: Sendable, Equatable {
    /// A call does what it says.
    case runs
    /// It says something about the document; there is nothing to do.
    case describes
    /// It is named when the folder loads.
    case named
    /// The language has nothing of that name.
    case unknown

    /// - Parameters:
    ///   - kind: a kind of the schema, without the `NoKind` of its variants.
    ///   - property: one of its properties; the kind itself when `nil`.
    package init(kind: String, property: String? = nil) {
        guard let known = Grammar.standard.kinds[kind] else {
            self = .unknown
            return
        }
        if case .named = known.use {
            self = .named
            return
        }
        guard let property else {
            self = .runs
            return
        }
        switch known.properties.first(where: { $0.name == property })?.use {
        case .runs: self = .runs
        case .describes: self = .describes
        case .named: self = .named
        case nil: self = .unknown
        }
    }
}
