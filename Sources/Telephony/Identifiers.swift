/// The identifier of a call: unique among all calls of all nodes, opaque, free of personal data.
public struct CallID: Hashable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { self.rawValue = value }
    public var description: String { rawValue }
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// A transport port that was bound beforehand and is known to the core by this opaque number alone.
@frozen
public struct Port: Hashable, Sendable, Comparable {
    public var rawValue: Int32
    @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Port, b: Port) -> Bool { a.rawValue < b.rawValue }
}

/// The transport address of a peer: an IPv6 address in network order (IPv4 mapped as `::ffff:a.b.c.d`) and a port.
@frozen
public struct TransportAddress: Hashable, Sendable {
    /// The first 8 octets of the address.
    public var high: UInt64
    /// The last 8 octets of the address.
    public var low: UInt64
    public var port: UInt16

    @inlinable public init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// An IPv4 address, most significant octet first: 127.0.0.1 is `0x7F00_0001`.
    @inlinable public init(ipv4: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4), port: port)
    }
}

/// The number of a request to the outside; its reply carries the same number. Unique within a shard.
@frozen
public struct RequestID: Hashable, Sendable, Comparable {
    public var rawValue: UInt64
    @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public static func < (a: RequestID, b: RequestID) -> Bool { a.rawValue < b.rawValue }
}
