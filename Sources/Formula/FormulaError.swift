/// Why a formula has no value.
public struct FormulaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of error that Power Fx numbers; kinds of one's own begin at 1000.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The number in `ErrorKind`.
        public let rawValue: Int
        /// A kind by its number.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// No kind was given.
        public static let none = Kind(rawValue: 0)
        /// Something outside reported an error.
        public static let sync = Kind(rawValue: 1)
        /// Something that was asked for is not there.
        public static let notFound = Kind(rawValue: 7)
        /// A value breaks a rule.
        public static let validation = Kind(rawValue: 11)
        /// An error of no known kind.
        public static let unknown = Kind(rawValue: 12)
        /// A division by zero.
        public static let div0 = Kind(rawValue: 13)
        /// A language that there is not.
        public static let badLanguageCode = Kind(rawValue: 14)
        /// A regular expression that is none.
        public static let badRegex = Kind(rawValue: 15)
        /// A name or a function that there is not.
        public static let name = Kind(rawValue: 16)
        /// A mistake that the check before evaluation finds.
        public static let analysis = Kind(rawValue: 18)
        /// Something that cannot be done.
        public static let notSupported = Kind(rawValue: 20)
        /// The evaluation has used up its budget of steps, depth or memory.
        public static let budgetExceeded = Kind(rawValue: 22)
        /// A number out of range.
        public static let numeric = Kind(rawValue: 24)
        /// An argument that a function does not take.
        public static let invalidArgument = Kind(rawValue: 25)
        /// There is no value there.
        public static let notApplicable = Kind(rawValue: 27)
        /// Text that is no JSON.
        public static let invalidJSON = Kind(rawValue: 30)
        /// The first of the kinds of one's own.
        public static let custom = Kind(rawValue: 1000)

        /// The members of the enumeration `ErrorKind`, with their numbers.
        static let members: [(name: String, value: Int)] = [
            ("None", 0), ("Sync", 1), ("MissingRequired", 2), ("CreatePermission", 3), ("EditPermissions", 4),
            ("DeletePermissions", 5), ("Conflict", 6), ("NotFound", 7), ("ConstraintViolated", 8),
            ("GeneratedValue", 9), ("ReadOnlyValue", 10), ("Validation", 11), ("Unknown", 12), ("Div0", 13),
            ("BadLanguageCode", 14), ("BadRegex", 15), ("InvalidFunctionUsage", 16), ("FileNotFound", 17),
            ("AnalysisError", 18), ("ReadPermission", 19), ("NotSupported", 20), ("InsufficientMemory", 21),
            ("QuotaExceeded", 22), ("Network", 23), ("Numeric", 24), ("InvalidArgument", 25), ("Internal", 26),
            ("NotApplicable", 27), ("Timeout", 28), ("ServiceUnavailable", 29), ("InvalidJSON", 30), ("Custom", 1000),
        ]

        /// The kind as Power Fx writes it.
        public var powerFx: String {
            Kind.members.first { $0.value == rawValue }.map { "ErrorKind.\($0.name)" } ?? String(rawValue)
        }
    }

    /// What kind of error it is.
    public var kind: Kind
    /// A sentence for people.
    public var message: String
    /// The errors of the other arguments, where several had one.
    public var others: [FormulaError]

    /// An error of a kind, with a sentence and those beside it.
    public init(_ kind: Kind, _ message: String, others: [FormulaError] = []) {
        self.kind = kind
        self.message = message
        self.others = others
    }

    /// This error and those beside it.
    public var all: [FormulaError] {
        [FormulaError(kind, message)] + others.flatMap(\.all)
    }

    /// One error of several; there must be one at least.
    static func combined(_ errors: [FormulaError]) -> FormulaError {
        guard let first = errors.first else { return FormulaError(.unknown, "an error that has no cause") }
        if errors.count == 1 { return first }
        let all = errors.flatMap(\.all)
        return FormulaError(first.kind, first.message, others: Array(all.dropFirst().prefix(63)))
    }

    public var description: String { message }

    var powerFx: String {
        let kinds = all.map { "{Kind:\($0.kind.powerFx)}" }
        return kinds.count == 1 ? "Error(\(kinds[0]))" : "Error(Table(\(kinds.joined(separator: ","))))"
    }
}
