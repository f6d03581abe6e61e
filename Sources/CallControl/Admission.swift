package import CallFlow
package import DSP
package import RTP
package import Telephony

/// Everything about a call that is decided before its first tick: with it and the inputs that follow, the call can be
/// run again.
package struct Admission: Sendable {
    package var call: CallID
    package var from: String
    package var to: String
    package var startedAt: WallTime
    /// The caller's time zone in the tz database.
    package var timeZone: String
    /// Headers that came with the call, by lower-case name.
    package var headers: [(name: String, value: String)]
    package var agent: Agent
    package var caller: MediaDescription
    /// When in the tick of 20 ms this call's turn comes, in milliseconds, 0 to 19: calls are staggered over the tick.
    package var tickPhase: Int
    package var entropy: CallEntropy
    package var recordsAudio: Bool
    /// Each further party has a recording of its own besides.
    package var recordsLegs = false
    /// The caller is looked up, and an answer is of use for so long; `nil` where nobody is asked.
    package var lookUpLimit: Interval?
    /// When the first tick of a call was that is run again; `nil` for the next of its phase.
    package var firstTick: Instant?
    /// What the caller's trunk does for callers who are handed on.
    package var referral = TransferRules.Referral.off
    /// From ``startedAt`` to the answer.
    package var ringing = Interval.zero
    /// The caller was dialled to be called back: then no dialog leads the call.
    package var callBack: CallBackCall?

    package init(
        call: CallID, from: String, to: String, startedAt: WallTime, timeZone: String,
        headers: [(name: String, value: String)] = [], agent: Agent, caller: MediaDescription, tickPhase: Int = 0,
        entropy: CallEntropy, recordsAudio: Bool = false, lookUpLimit: Interval? = nil
    ) {
        self.call = call
        self.from = from
        self.to = to
        self.startedAt = startedAt
        self.timeZone = timeZone
        self.headers = headers
        self.agent = agent
        self.caller = caller
        self.tickPhase = tickPhase
        self.entropy = entropy
        self.recordsAudio = recordsAudio
        self.lookUpLimit = lookUpLimit
    }
}

/// The random numbers of one call, drawn by the edge: from the system's generator live, from a seed in replay.
package struct CallEntropy: Sendable {
    package var ssrc: UInt32
    package var firstSequenceNumber: UInt16
    package var firstTimestamp: UInt32
    /// For the dialog: variants of messages, `Rand()`.
    package var dialogSeed: UInt64

    package init(from generator: inout some RandomNumberGenerator) {
        ssrc = UInt32(truncatingIfNeeded: generator.next())
        firstSequenceNumber = UInt16(truncatingIfNeeded: generator.next())
        firstTimestamp = UInt32(truncatingIfNeeded: generator.next())
        dialogSeed = generator.next()
    }
}

/// What offer and answer settled about one leg's media (RFC 3264).
package struct MediaDescription: Sendable {
    package var codec: Codec
    /// The RTP payload type of the codec, 0 to 127.
    package var payloadType: UInt8
    /// The payload type of telephone-event (RFC 4733 section 2.1); `nil` when the far end does not speak it.
    package var telephoneEventPayloadType: UInt8?
    /// The clock rate of telephone-event's durations in hertz; `nil` is the codec's.
    package var telephoneEventRate: Int?
    package var port: Port
    /// The port of RTCP; equal to ``port`` where both share one (RFC 5761).
    package var rtcpPort: Port
    package var remote: TransportAddress
    package var remoteRTCP: TransportAddress
    /// The payload type of comfort noise (RFC 3389) that the far end may send; Parley sends none.
    package var comfortNoisePayloadType: UInt8?
    /// Milliseconds of audio in a packet that Parley sends: 10 to 60 (RFC 8866 section 6.4).
    package var ptime = 20
    /// Where the far end's media may come from.
    package var sourceRule = SourceLatch.Rule.negotiated
    /// The keys of SRTP; `nil` for plain RTP.
    package var keys: SRTPKeys?
    /// Packets come as they were decrypted with keys that are gone, as from a journal.
    package var comesDecrypted = false
    /// Whether the far end wants media: not while it holds the call (RFC 3264 section 8.4).
    package var sends = true
    /// Whether the far end may send media.
    package var receives = true
    /// Reports carry VoIP metrics (RFC 3611); who does not know them passes them over.
    package var sendsVoIPMetrics = true

    package init(
        codec: Codec, payloadType: UInt8, telephoneEventPayloadType: UInt8?, port: Port, rtcpPort: Port,
        remote: TransportAddress, remoteRTCP: TransportAddress
    ) {
        self.codec = codec
        self.payloadType = payloadType
        self.telephoneEventPayloadType = telephoneEventPayloadType
        self.port = port
        self.rtcpPort = rtcpPort
        self.remote = remote
        self.remoteRTCP = remoteRTCP
    }
}

extension MediaDescription {
    /// Ticks of the codec's clock in one of telephone-event's.
    var ticksPerEventDuration: Int64 {
        guard let telephoneEventRate, telephoneEventRate > 0 else { return 1 }
        return max(1, codec.clockRate.ticksPerSecond / Int64(telephoneEventRate))
    }
}
