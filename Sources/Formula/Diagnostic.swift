/// A mistake in a formula.
public struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it begins: Unicode scalars from the beginning of the source, from 0.
    public var offset: Int
    /// How many Unicode scalars it covers; 0 where something is missing.
    public var length: Int
    /// What is wrong and what to do, in a sentence.
    public var message: String

    /// A mistake at a place.
    public init(offset: Int, length: Int = 0, message: String) {
        self.offset = offset
        self.length = length
        self.message = message
    }

    /// From 1.
    public var column: Int { offset + 1 }
    public var description: String { "column \(column): \(message)" }
}
