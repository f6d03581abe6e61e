/// A function of the language: what it takes, how its types are found and how it is computed.
struct Function: Sendable {
    /// What an argument is converted to before the function sees it.
    enum Parameter: Sendable {
        case any
        /// Anything but a record or table.
        case scalar
        /// A blank becomes an empty text.
        case text
        case blankOrText
        /// A blank becomes zero.
        case number
        case blankOrNumber
        /// A blank becomes false.
        case boolean
        /// A date or time; a blank becomes the beginning of the calendar, 30 December 1899.
        case moment
        case blankOrMoment
        case table

        /// What is said to be needed.
        var expectation: String {
            switch self {
            case .any: "a value"
            case .scalar: "a single value"
            case .text, .blankOrText: "a text"
            case .number, .blankOrNumber: "a number"
            case .boolean: "true or false"
            case .moment, .blankOrMoment: "a date or time"
            case .table: "a table"
            }
        }

        func takes(_ type: FormulaType) -> Bool {
            switch self {
            case .any: true
            case .scalar: !type.isAggregate
            case .text, .blankOrText: type.converts(to: .text)
            case .number, .blankOrNumber: type.converts(to: .decimal)
            case .boolean: type.converts(to: .boolean)
            case .moment, .blankOrMoment: type.converts(to: .dateTime)
            case .table: type.isOpen || type == .untyped || type.isTable
            }
        }
    }

    /// The parameters of a function, the last again and again where it takes any number.
    struct Parameters: Sendable {
        let listed: [Parameter]
        subscript(index: Int) -> Parameter {
            index < listed.count ? listed[index] : listed.last ?? .any
        }
    }

    /// How a call is computed.
    enum Body: Sendable {
        typealias OfValues = @Sendable ([Value], inout Evaluator) -> Value
        typealias OfCall = @Sendable (Call, inout Evaluator) -> Value
        /// From values, which are evaluated and converted before; errors among them are the result. With `mapsTables`
        /// a table in the place of a single value gives a table of results.
        case values(Parameters, mapsTables: Bool, OfValues)
        /// From the formulas of the arguments.
        case nodes(OfCall)
    }

    /// How the type of a call is found.
    enum Typing: Sendable {
        case fixed(FormulaType)
        /// A float when an argument is one, a decimal otherwise.
        case numeric
        case custom(@Sendable (inout Binder, CallSite) -> Bound)
    }

    let name: String
    let arity: ClosedRange<Int>
    let typing: Typing
    let body: Body

    /// A function of values.
    init(
        _ name: String, _ parameters: [Parameter], optional: Int = 0, repeats: Bool = false, _ typing: Typing,
        mapsTables: Bool = false, _ body: @escaping Body.OfValues
    ) {
        self.name = name
        arity = parameters.count - optional...(repeats ? 1_000_000 : parameters.count)
        self.typing = typing
        self.body = .values(Parameters(listed: parameters), mapsTables: mapsTables, body)
    }

    /// A function of formulas, with a rule of its own for their types.
    init(
        _ name: String, _ arity: ClosedRange<Int>, bind: @escaping @Sendable (inout Binder, CallSite) -> Bound,
        _ body: @escaping Body.OfCall
    ) {
        self.name = name
        self.arity = arity
        typing = .custom(bind)
        self.body = .nodes(body)
    }

    static let unlimited = 1_000_000

    /// All functions by their names.
    static let all: [String: Function] = {
        let groups = [
            logic, errors, text, textSearch, mathematics, trigonometry, conversion, dates, dateArithmetic, tables,
            tableShapes, aggregates, json, patterns, identifiers,
        ]
        var result: [String: Function] = [:]
        for group in groups {
            for function in group { result[function.name] = function }
        }
        return result
    }()

    /// Functions of Power Fx that act on an app, a data source or a device, which a call has not.
    static let unsupported: Set<String> = [
        "Collect", "ClearCollect", "Clear", "Set", "UpdateContext", "Patch", "Remove", "RemoveIf", "Update", "UpdateIf",
        "Navigate", "Back", "Reset", "SetFocus", "Select", "Notify", "Launch", "Refresh", "Exit", "Download", "Print",
        "SaveData", "LoadData", "ClearData", "SubmitForm", "NewForm", "EditForm", "ViewForm", "ResetForm", "Confirm",
        "Concurrent", "Trace", "Defaults", "Validate", "DataSourceInfo", "Errors", "User", "Param", "Blob", "AsType",
        "IsType", "GroupBy", "Ungroup", "Relate", "Unrelate", "Choices", "Revert", "ShowHostInfo", "ReadNFC",
        "RequestHide", "Acceleration", "Copy", "Enable", "Disable", "SetProperty", "Assert", "AISummarize", "AIReply",
        "AIClassify", "AISentiment", "AITranslate", "AIExtract", "OptionSetInfo", "Environment", "Host", "Summarize",
        "Join", "ParseHTML", "Parallel",
    ]

    /// The names of all functions, in alphabetical order.
    static let names: [String] = all.keys.sorted()
}

extension FormulaType {
    var isTable: Bool { if case .table = self { true } else { false } }
    var isRecord: Bool { if case .record = self { true } else { false } }

    /// The type of the only column of a table.
    var singleColumn: FormulaType? {
        guard case .table(let columns) = self, columns.count == 1 else { return nil }
        return columns[0].type
    }
}
