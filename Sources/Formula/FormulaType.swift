/// What is known of a value before a formula is evaluated.
public indirect enum FormulaType: Sendable, Hashable {
    /// Anything: what it is shows when the formula is evaluated.
    case unknown
    /// Nothing but a blank.
    case blank
    /// True or false.
    case boolean
    /// A binary floating-point number.
    case number
    /// A decimal number.
    case decimal
    /// Text.
    case text
    /// A day.
    case date
    /// A time of day.
    case time
    /// A day and a time.
    case dateTime
    /// A GUID.
    case guid
    /// A colour.
    case color
    /// A value of JSON that must be converted first.
    case untyped
    /// An item of a closed list, which compares with text.
    case choice
    /// A record; its columns in alphabetical order.
    case record([Column])
    /// A table; the columns of its rows in alphabetical order.
    case table([Column])

    /// A named part of a record or table, in alphabetical order in its type.
    public struct Column: Sendable, Hashable {
        /// The column's name.
        public var name: String
        /// The type of the values in it.
        public var type: FormulaType
        /// A column of a name and a type.
        public init(_ name: String, _ type: FormulaType) {
            self.name = name
            self.type = type
        }
    }

    /// A record with these columns.
    public static func record(of columns: [Column]) -> FormulaType { .record(columns.sorted { $0.name < $1.name }) }
    /// A table with these columns.
    public static func table(of columns: [Column]) -> FormulaType { .table(columns.sorted { $0.name < $1.name }) }

    /// The type's name for people, as Microsoft's own messages have it.
    public var name: String {
        switch self {
        case .unknown: "Unknown"
        case .blank: "Blank"
        case .boolean: "Boolean"
        case .number: "Number"
        case .decimal: "Decimal"
        case .text: "Text"
        case .date: "Date"
        case .time: "Time"
        case .dateTime: "DateTime"
        case .guid: "Guid"
        case .color: "Color"
        case .untyped: "Dynamic"
        case .choice: "Choice"
        case .record: "Record"
        case .table: "Table"
        }
    }

    var isNumeric: Bool { self == .number || self == .decimal }
    var isTemporal: Bool { self == .date || self == .time || self == .dateTime }
    var isOpen: Bool { self == .unknown || self == .blank }
    var isAggregate: Bool {
        switch self {
        case .record, .table: true
        default: false
        }
    }

    /// The columns of a record or table.
    var columns: [Column]? {
        switch self {
        case .record(let columns), .table(let columns): columns
        default: nil
        }
    }

    func column(_ name: String) -> FormulaType? { columns?.first { $0.name == name }?.type }

    /// Whether Power Fx converts values of this type to another by itself.
    func converts(to other: FormulaType) -> Bool {
        if self == other || isOpen || other.isOpen { return true }
        switch (self, other) {
        case (.record(let mine), .record(let theirs)), (.table(let mine), .table(let theirs)):
            return theirs.allSatisfy { column in
                guard let own = mine.first(where: { $0.name == column.name }) else { return true }
                return own.type.converts(to: column.type)
            }
        case (.untyped, _): return !other.isAggregate
        case (_, .untyped), (.record, _), (.table, _), (_, .record), (_, .table), (_, .color), (.color, _): return false
        case (_, .choice): return self == .text
        case (_, .guid): return self == .text
        case (.choice, _): return other == .text
        case (.guid, _): return other == .text
        case (_, .text): return true
        case (_, .number), (_, .decimal): return true
        case (_, .boolean): return isNumeric || self == .text
        default: return other.isTemporal && (self == .text || isNumeric || isTemporal)
        }
    }

    /// The type that values of both have after conversion to the first; `nil` when there is none.
    func joined(with other: FormulaType) -> FormulaType? {
        if self == other || other == .blank { return self }
        if self == .blank { return other }
        if self == .unknown || other == .unknown { return .unknown }
        switch (self, other) {
        case (.record(let a), .record(let b)): return FormulaType.union(a, b).map { .record($0) }
        case (.table(let a), .table(let b)): return FormulaType.union(a, b).map { .table($0) }
        case (.decimal, .number), (.number, .decimal): return .number
        case (.date, .dateTime), (.dateTime, .date): return .dateTime
        case (.untyped, _) where !other.isAggregate: return other
        default: return other.converts(to: self) ? self : nil
        }
    }

    private static func union(_ a: [Column], _ b: [Column]) -> [Column]? {
        var result = a
        for column in b {
            if let index = result.firstIndex(where: { $0.name == column.name }) {
                guard let type = result[index].type.joined(with: column.type) else { return nil }
                result[index].type = type
            } else {
                result.append(column)
            }
        }
        return result.sorted { $0.name < $1.name }
    }
}

/// What formulas may read, for the check of a formula before it is evaluated.
public protocol FormulaTypes {
    /// The type of a variable by its path, ``FormulaType/unknown`` when it has one that is not known; `nil` when there
    /// is no such variable.
    func type(of path: [String]) -> FormulaType?
    /// What to say of a path that has no type; `nil` for the usual sentence.
    func problem(with path: [String]) -> String?
}

extension FormulaTypes {
    /// The usual sentence.
    public func problem(with path: [String]) -> String? { nil }
}
