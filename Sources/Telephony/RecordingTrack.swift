/// Which of a call's recordings it is: the call's own, of the caller and of what the caller hears, or that of one further
/// party.
///
/// Encoded as `{"leg": 2, "startsAt": 12.34}`, the time in seconds.
public struct RecordingTrack: Sendable, Hashable, Codable {
    /// The leg whose party is alone on it; `nil` for the call's own.
    public var leg: LegID?
    /// The place of its first sample on the call's own recording, in media time.
    public var startsAt: Interval

    /// The caller, and what the caller hears.
    public static let call = RecordingTrack(leg: nil, startsAt: .zero)

    public init(leg: LegID?, startsAt: Interval) {
        self.leg = leg
        self.startsAt = startsAt
    }

    /// How many sides are kept apart while it is taken.
    public var channelCount: Int { leg == nil ? 2 : 1 }

    private enum CodingKeys: String, CodingKey { case leg, startsAt }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(leg, forKey: .leg)
        try container.encode(startsAt.roundedSeconds, forKey: .startsAt)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        leg = try container.decodeIfPresent(LegID.self, forKey: .leg)
        startsAt = Interval(roundedSeconds: try container.decode(Double.self, forKey: .startsAt))
    }
}
