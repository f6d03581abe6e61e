/// A mistake in a formula.
public struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it is: characters from the beginning of the source, from 0.
    public var offset: Int
    /// What is wrong and what to do, in a sentence.
    public var message: String

    public init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }

    /// From 1.
    public var column: Int { offset + 1 }
    public var description: String { "column \(column): \(message)" }
}
