/// The name of a person who takes calls, as the configuration gives it.
package struct AgentID: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }
    package static func < (a: AgentID, b: AgentID) -> Bool { a.rawValue < b.rawValue }
}

/// The name of a queue, as the configuration and the dialogs give it.
package struct QueueID: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }
    package static func < (a: QueueID, b: QueueID) -> Bool { a.rawValue < b.rawValue }
}

/// The name of a person who is asked for advice, as the configuration gives it.
package struct ExpertID: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }
    package static func < (a: ExpertID, b: ExpertID) -> Bool { a.rawValue < b.rawValue }
}

/// The number of an offer of a call to an agent; no two offers of a directory have the same.
package struct OfferID: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: OfferID, b: OfferID) -> Bool { a.rawValue < b.rawValue }
}

/// The number of a call-back that a caller asked for; no two of a directory have the same.
package struct CallBackID: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: CallBackID, b: CallBackID) -> Bool { a.rawValue < b.rawValue }
}
