extension OfferAnswer.Failure {
    /// What a Warning field says of it (RFC 3261 section 20.43).
    var warning: (code: Int, text: String) {
        switch self {
        case .network: (300, "Incompatible network protocol")
        case .addressFormat: (301, "Incompatible network address formats")
        case .srtp: (302, "Incompatible transport protocol")
        case .noAudio: (304, "Media type not available")
        case .noCommonFormat: (305, "Incompatible media format")
        case .group: (330, "Multicast not available")
        case .address: (399, "No address that media can be sent to")
        case .glare, .answer, .malformed: (399, "The session description cannot be used")
        }
    }
}

/// Why the offer of a request is refused.
struct RefusedOffer {
    var status: Int
    /// Of a Warning field; `nil` adds none.
    var warning: (code: Int, text: String)?

    init(_ failure: OfferAnswer.Failure) {
        switch failure {
        case .glare: status = 491
        case .malformed: status = 400
        default:
            status = 488
            warning = failure.warning
        }
    }

    init(_ error: SessionDescription.ParseError) {
        status = error.isOfBounds ? 488 : 400
        if error.isOfBounds { warning = (399, "The session description is too large") }
    }
}
