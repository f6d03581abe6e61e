/// What one evaluation may use.
public struct EvaluationBudget: Sendable, Hashable {
    /// Parts of the formula evaluated, rows visited, steps of a regular expression.
    public var steps: Int
    /// Calls and operators within one another.
    public var depth: Int
    /// Octets that values made on the way take up, roughly.
    public var octets: Int

    /// A budget of steps, depth and octets.
    public init(steps: Int, depth: Int, octets: Int) {
        self.steps = steps
        self.depth = depth
        self.octets = octets
    }

    /// For a formula of a dialog, while a caller waits: some milliseconds.
    public static let call = EvaluationBudget(steps: 100_000, depth: 200, octets: 8 << 20)
    /// For a formula on its own, at a command line: some tenths of a second.
    public static let command = EvaluationBudget(steps: 3_000_000, depth: 200, octets: 64 << 20)
}
