package import Telephony

/// Which way media goes, as the local side sees it (RFC 3264 section 5.1).
package enum MediaDirection: String, Sendable, Hashable {
    case sendAndReceive = "sendrecv"
    case sendOnly = "sendonly"
    case receiveOnly = "recvonly"
    case inactive

    package var sends: Bool { self == .sendAndReceive || self == .sendOnly }
    package var receives: Bool { self == .sendAndReceive || self == .receiveOnly }

    init(sends: Bool, receives: Bool) {
        switch (sends, receives) {
        case (true, true): self = .sendAndReceive
        case (true, false): self = .sendOnly
        case (false, true): self = .receiveOnly
        case (false, false): self = .inactive
        }
    }

    /// The same, as the other side sees it.
    package var reversed: MediaDirection { MediaDirection(sends: receives, receives: sends) }
    /// What both sides allow.
    func limited(to other: MediaDirection) -> MediaDirection {
        MediaDirection(sends: sends && other.sends, receives: receives && other.receives)
    }
}

/// Whether SRTP is used on a leg.
package enum SRTPPolicy: String, Sendable, Hashable, CaseIterable {
    case off
    /// Used when the far end speaks it.
    case offered
    /// A call without it is refused.
    case required
}

/// What Parley is able and willing to do with a leg's media.
package struct MediaCapabilities: Sendable {
    /// In order of preference.
    package var formats: [AudioFormat]
    /// Whether the local order decides in an answer; otherwise the offer's does (RFC 3264 section 6.1).
    package var prefersLocalOrder: Bool
    package var telephoneEvents: Bool
    package var comfortNoise: Bool
    /// The packet time that is asked for, in milliseconds, 10 to 60.
    package var packetTime: Int
    package var rtcpMux: Bool
    package var srtp: SRTPPolicy
    /// In order of preference.
    package var suites: [CryptoSuite]
    /// Families of addresses that media can be exchanged with.
    package var families = AddressFamily.allCases

    package init(
        formats: [AudioFormat] = [.pcmu, .pcma, .g722, .opus], prefersLocalOrder: Bool = false,
        telephoneEvents: Bool = true, comfortNoise: Bool = false, packetTime: Int = 20, rtcpMux: Bool = true,
        srtp: SRTPPolicy = .off,
        suites: [CryptoSuite] = [.aesCM128HMACSHA1Tag80, .aeadAES128GCM, .aesCM128HMACSHA1Tag32]
    ) {
        self.formats = formats
        self.prefersLocalOrder = prefersLocalOrder
        self.telephoneEvents = telephoneEvents
        self.comfortNoise = comfortNoise
        self.packetTime = packetTime
        self.rtcpMux = rtcpMux
        self.srtp = srtp
        self.suites = suites
    }
}

/// Where a leg's media is received: the advertised address and the ports that were opened for it.
package struct LocalMedia: Sendable, Hashable {
    package var address: Host
    package var port: UInt16
    package var rtcpPort: UInt16
    /// What the local side wants; ``MediaDirection/sendOnly`` puts the far end on hold.
    package var direction: MediaDirection

    package init(address: Host, port: UInt16, rtcpPort: UInt16? = nil, direction: MediaDirection = .sendAndReceive) {
        self.address = address
        self.port = port
        self.rtcpPort = rtcpPort ?? (port == .max ? port : port + 1)
        self.direction = direction
    }
}

/// What offer and answer settled about one leg's audio.
package struct NegotiatedMedia: Sendable, Equatable {
    package struct SRTP: Sendable, Equatable {
        package var suite: CryptoSuite
        /// Of what is sent.
        package var localKey: SRTPKey
        /// Of what is received.
        package var remoteKey: SRTPKey
    }

    package var format: AudioFormat
    /// The `fmtp` of the far end, which binds what is sent.
    package var formatParameters: String?
    /// The payload type of what is sent, and of what is received.
    package var sendPayloadType: UInt8
    package var receivePayloadType: UInt8
    /// Of telephone-event; `nil` when it is not spoken.
    package var sendTelephoneEventType: UInt8?
    package var receiveTelephoneEventType: UInt8?
    /// The clock rate of telephone-event in hertz, in which durations count: that of ``format`` (RFC 4733 section 2.1),
    /// or 8,000 where the far end offers no other, as many do beside Opus; timestamps are the stream's all the same.
    package var telephoneEventRate = 8_000
    /// Of comfort noise at the clock rate of ``format``.
    package var comfortNoiseType: UInt8?
    /// Milliseconds of a packet that is sent, 10 to 60.
    package var packetTime: Int
    package var direction: MediaDirection
    /// Where to send; `nil` while the far end wants nothing (hold by `c=0.0.0.0`).
    package var remote: TransportAddress?
    /// The same address and port as ``remote`` with rtcp-mux.
    package var remoteRTCP: TransportAddress?
    package var rtcpMux: Bool
    package var srtp: SRTP?

    /// Whether the far end wants to hear nothing.
    package var isHeld: Bool { !direction.sends || remote == nil }
}

extension NegotiatedMedia {
    /// Media that nothing goes in yet.
    ///
    /// - Parameter format: what the leg is made for, until an offer says better.
    init(silent format: AudioFormat) {
        let type = format.staticPayloadType ?? 96
        self.init(
            format: format, sendPayloadType: type, receivePayloadType: type, packetTime: 20, direction: .inactive,
            rtcpMux: false)
    }

    /// Nothing goes either way any more, and what was settled is kept for when it does again.
    mutating func stop() {
        direction = .inactive
        remote = nil
        remoteRTCP = nil
    }
}
