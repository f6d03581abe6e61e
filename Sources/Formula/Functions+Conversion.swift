// From one type to another.

extension Function {
    static let conversion: [Function] = [
        Function("Value", [.scalar, .blankOrText], optional: 1, .fixed(.decimal), mapsTables: true) { a, evaluator in
            numeric(a, &evaluator, float: evaluator.options.numberIsFloat)
        },
        Function("Decimal", [.scalar, .blankOrText], optional: 1, .fixed(.decimal), mapsTables: true) { a, evaluator in
            let value = numeric(a, &evaluator, float: false)
            guard case .number(let number) = value.kind else { return value }
            return Decimal96(number).map { .decimal($0) } ?? .error(.numeric, "the number is too large for a decimal")
        },
        Function("Float", [.scalar, .blankOrText], optional: 1, .fixed(.number), mapsTables: true) { a, evaluator in
            let value = numeric(a, &evaluator, float: true)
            guard case .decimal(let number) = value.kind else { return value }
            return .number(number.double)
        },
        Function("Boolean", [.scalar], .fixed(.boolean), mapsTables: true) { a, evaluator in
            evaluator.boolean(a[0])
        },
        Function(
            "Text", [.scalar, .blankOrText, .blankOrText], optional: 2, .fixed(.text), mapsTables: true, formatted),
        Function("Hex2Dec", [.text], .fixed(.decimal), mapsTables: true) { a, _ in
            let digits = a[0].string
            guard digits.utf8.count <= 10, digits.allSatisfy(\.isHexDigit) else {
                return .error(.numeric, "Hex2Dec takes up to 10 hexadecimal digits")
            }
            let value = Int(digits, radix: 16) ?? 0
            return .whole(value >= 1 << 39 ? value - 1 << 40 : value)
        },
        Function("Dec2Hex", [.number, .number], optional: 1, .fixed(.text), mapsTables: true) { a, _ in
            guard let number = Number(a[0].kind)?.int, (-(1 << 39)..<1 << 39).contains(number) else {
                return .error(.numeric, "the number is too large for 10 hexadecimal digits")
            }
            let digits = String(number < 0 ? number + 1 << 40 : number, radix: 16, uppercase: true)
            guard a.count > 1 else { return .text(digits) }
            guard let places = length(a[1]), places <= 10, number < 0 || digits.utf8.count <= places else {
                return .error(.numeric, "the number has more hexadecimal digits than that, or 10 at most")
            }
            return .text(String(repeating: "0", count: max(0, number < 0 ? 0 : places - digits.utf8.count)) + digits)
        },
        Function("ColorValue", [.scalar], .fixed(.color)) { a, _ in
            switch a[0].kind {
            case .color: return a[0]
            case .text(let text) where text.isEmpty: return .blank
            case .text(let text), .untyped(.text(let text)):
                let isText = if case .text = a[0].kind { true } else { false }
                return Color.parse(text, acceptsNames: isText).map { Value(.color($0)) }
                    ?? .error(.invalidArgument, "a colour is written #RRGGBB or #RRGGBBAA")
            default: return a[0].isBlank ? .blank : .error(.invalidArgument, "a colour is written #RRGGBB or #RRGGBBAA")
            }
        },
        Function("RGBA", [.number, .number, .number, .number], .fixed(.color)) { a, _ in
            let parts = a.prefix(3).compactMap { Number($0.kind)?.int }
            let opacity = Number(a[3].kind)?.double ?? 1
            guard parts.count == 3, parts.allSatisfy({ (0...255).contains($0) }), (0...1).contains(opacity) else {
                return .error(.invalidArgument, "RGBA takes three numbers from 0 to 255 and one from 0 to 1")
            }
            let bits = parts.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return Value(.color(bits << 8 | UInt32((opacity * 255).rounded())))
        },
    ]

    /// The language that an argument names, the caller's when it is blank; an error when there is none of that name.
    static func language(_ argument: Value?, _ evaluator: inout Evaluator) -> Result<Language, FormulaError> {
        guard let argument, !isEmpty(argument) else { return .success(evaluator.language) }
        guard let language = evaluator.cachedLanguage(argument.string) else {
            return .failure(
                FormulaError(.badLanguageCode, "there is no language of that code; write one such as en-US"))
        }
        return .success(language)
    }

    private static func numeric(_ a: [Value], _ evaluator: inout Evaluator, float: Bool) -> Value {
        let chosen: Language
        switch language(a.count > 1 ? a[1] : nil, &evaluator) {
        case .failure(let error): return .error(error)
        case .success(let language): chosen = language
        }
        if case .untyped(.text(let text)) = a[0].kind {
            return Coercion.number(text, chosen, float: float) ?? .error(.invalidArgument, "this JSON is no number")
        }
        return Coercion.number(a[0].kind, chosen, float: float)
            ?? .error(.invalidArgument, "\(a[0].kind.summary) is no number")
    }

    private static let formatted: Body.OfValues = { a, evaluator in
        let chosen: Language
        switch language(a.count > 2 ? a[2] : nil, &evaluator) {
        case .failure(let error): return .error(error)
        case .success(let language): chosen = language
        }
        guard a.count > 1 else {
            guard !a[0].isBlank else { return .blank }
            return Coercion.text(a[0].kind, chosen).map { .text($0) }
                ?? .error(.invalidArgument, "\(a[0].kind.summary) has no text")
        }
        let format = a[1].string
        if a.count > 2, a[2].isBlank { return .text("") }
        guard !format.isEmpty, !a[0].isBlank else { return .text("") }
        return TextFormat.text(a[0], format, chosen, &evaluator)
    }
}
