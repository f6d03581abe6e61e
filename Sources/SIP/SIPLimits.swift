package import Telephony

/// The bounds of everything that comes from outside, each with its reason. Past a bound a message is refused, never cut.
package enum SIPLimits {
    /// Octets of start line and header fields. The longest message of RFC 4475 has 3,515; Direct Routing and proxies with
    /// many Record-Routes stay below 8,000.
    package static let headerBytes = 16_384
    /// Octets of a body. An offer with video, ICE and DTLS has 5,000; beyond 64 KiB no UDP datagram reaches.
    package static let bodyBytes = 65_536
    /// Header fields of a message; each costs an allocation or two.
    package static let headerFields = 256
    /// Octets of one header value.
    package static let headerValueBytes = 8_192
    /// Values of one list header (Via, Route, Contact). Max-Forwards stops a path at 70 hops.
    package static let listValues = 70
    /// Parameters of one value.
    package static let parameters = 64
    /// Octets of one URI.
    package static let uriBytes = 2_048
    /// Parts of a multipart body, which is never nested deeper than ``bodyDepth``.
    package static let bodyParts = 16
    package static let bodyDepth = 4

    /// Octets of a session description.
    package static let descriptionBytes = 65_536
    /// Media descriptions of a session description; an offer of a video phone has 3.
    package static let mediaDescriptions = 16
    /// Formats of one media description; payload types are 0 to 127, offers have at most about 20.
    package static let formats = 64
    /// Attributes of a session description, all levels together.
    package static let attributes = 512
    /// `a=crypto` lines of one media description (RFC 4568 tags have up to 9 digits, offers a handful of lines).
    package static let cryptoLines = 16

    /// How long a message on a stream may take from its first octet to its last.
    package static let streamMessageTime = Interval.seconds(10)
    /// How long a stream may be silent, keep-alives included.
    package static let streamIdleTime = Interval.seconds(120)

    /// Nonces whose counts a server remembers against replay; about the requests of ten seconds.
    package static let rememberedNonces = 4_096
    /// Challenges that a client answers for one request before it gives up.
    package static let challengesAnswered = 3
    /// Bindings of one address-of-record, and addresses-of-record of a registrar.
    package static let bindingsPerAddress = 10
    package static let registeredAddresses = 10_000
    /// Targets that a resolution tries.
    package static let resolutionTargets = 32
    /// Early dialogs that one outgoing INVITE may fork into.
    package static let forks = 16
    /// Subscriptions that REFERs made, per call.
    package static let referSubscriptions = 8
}
