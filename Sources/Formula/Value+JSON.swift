import Foundation

extension Value {
    /// A value from JSON text: objects are records with their members in alphabetical order, arrays are tables of
    /// records with `Value` where their items are no objects. Text that is no JSON stays text; empty text is blank.
    public static func parsed(json text: String) -> Value {
        guard !text.isEmpty else { return .blank }
        guard text.utf8.count <= 1 << 20,
            let object = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        else { return .text(text) }
        return value(of: object, depth: 0)
    }

    private static func value(of object: Any, depth: Int) -> Value {
        guard depth < 32 else { return .error(.budgetExceeded, "the JSON is nested deeper than 32") }
        switch object {
        case let text as String: return .text(text)
        case let number as NSNumber:
            return String(cString: number.objCType) == "c" ? .boolean(number.boolValue) : .number(number.doubleValue)
        case let members as [String: Any]:
            return .record(
                members.sorted { $0.key < $1.key }.map { Field($0.key, value(of: $0.value, depth: depth + 1)) })
        case let items as [Any]:
            return .table(
                items.map { item in
                    let inner = value(of: item, depth: depth + 1)
                    if case .record = inner.kind { return inner }
                    return .record([Field("Value", inner)])
                })
        default: return .blank
        }
    }
}
