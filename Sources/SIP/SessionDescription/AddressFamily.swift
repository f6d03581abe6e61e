/// A family of addresses of the Internet: what is bound in one cannot send to the other.
package enum AddressFamily: Sendable, Hashable, CaseIterable {
    case ipv4
    case ipv6
}

extension Host {
    /// The family that datagrams to it are of; `nil` for a name. An IPv4 address that is mapped into IPv6 is IPv4.
    package var family: AddressFamily? { address(port: 1)?.family }

    /// Whether it stands for no place yet: an unspecified address (RFC 3264 section 8.4), or a name below `invalid`, which
    /// stands in the place of one where addresses are of IPv6 (RFC 6157 section 5).
    var isNowhere: Bool {
        switch self {
        case .name(let name): name == "invalid" || name.hasSuffix(".invalid") || name.hasSuffix(".invalid.")
        case .ipv4(let word): word == 0
        case .ipv6(let high, let low): high == 0 && low == 0
        }
    }
}

extension SessionDescription {
    /// A `c=` line that names no place on the Internet.
    package enum ForeignConnection: Sendable, Equatable {
        /// Another network than `IN`.
        case network
        /// Another form of address than `IP4` and `IP6`.
        case addressFormat
    }

    /// Where a medium goes: the last word of its own `c=` line, else of the session's.
    func destination(of medium: Media) throws(OfferAnswer.Failure) -> Host {
        let isOwn = medium.connection != nil || medium.foreignConnection != nil
        switch isOwn ? medium.foreignConnection : foreignConnection {
        case .network: throw .network
        case .addressFormat: throw .addressFormat
        case nil: break
        }
        guard let host = medium.connection ?? connection else { throw .address }
        return host
    }
}
