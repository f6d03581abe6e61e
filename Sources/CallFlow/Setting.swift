package import Formula

/// A property that an author writes either as it is or as a formula.
package enum Setting<Value: Sendable>: Sendable {
    case constant(Value)
    case formula(Expression)

    /// What is written, unless a formula is.
    package var constant: Value? { if case .constant(let value) = self { value } else { nil } }

    package var formula: Expression? { if case .formula(let expression) = self { expression } else { nil } }
}
