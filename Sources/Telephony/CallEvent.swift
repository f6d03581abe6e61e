/// One thing that happened on a call: the unit of the account that `parley` prints, of the journal, of metrics and of
/// the call context.
///
/// Encoded as one flat JSON object: `at` (media time in seconds), `call`, `event` (the body's name) and the body's own
/// fields. `Schemas/event.schema.json` is the same, for machines. ``version`` rises when a field changes its meaning or
/// goes; new fields and events may come without it.
public struct CallEvent: Sendable, Equatable {
    /// The version of the events, their fields, the call context and `call.yaml`.
    public static let version = 1

    /// Media time since the call was answered: how much audio of the caller has been played out, which is a sample's place
    /// in the recording; not the clock on the wall.
    public var at: Interval
    public var call: CallID
    public var body: CallEventBody

    public init(at: Interval, call: CallID, body: CallEventBody) {
        self.at = at
        self.call = call
        self.body = body
    }
}

extension CallEvent: Codable {
    private enum Key: String, CodingKey { case at, call, event }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(at.roundedSeconds, forKey: .at)
        try container.encode(call, forKey: .call)
        try container.encode(body.name, forKey: .event)
        try body.encode(to: encoder)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        at = Interval(roundedSeconds: try container.decode(Double.self, forKey: .at))
        call = try container.decode(CallID.self, forKey: .call)
        let name = try container.decode(String.self, forKey: .event)
        guard let body = try CallEventBody(name: name, from: decoder) else {
            throw DecodingError.dataCorruptedError(
                forKey: .event, in: container, debugDescription: "no event is named \(name)")
        }
        self.body = body
    }
}

extension Interval {
    /// Seconds rounded to a microsecond, the form of every time in events and contexts.
    public var roundedSeconds: Double {
        let microseconds = (nanoseconds >= 0 ? nanoseconds &+ 500 : nanoseconds &- 500) / 1_000
        return Double(microseconds) / 1_000_000
    }

    public init(roundedSeconds seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 9_000_000_000 else {
            self = .zero
            return
        }
        self.init(nanoseconds: Int64((seconds * 1_000_000).rounded()) &* 1_000)
    }
}
