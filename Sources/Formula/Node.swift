/// A formula's tree.
indirect enum Node: Sendable {
    case literal(Value)
    /// A name with its members: `Topic.Name`.
    case name([String], offset: Int)
    /// A member of a computed value.
    case member(Node, String, offset: Int)
    case unary(String, Node)
    case binary(String, Node, Node, offset: Int)
    case call(String, [Node], offset: Int)
    case record([(name: String, value: Node)])
    case table([Node])
}
