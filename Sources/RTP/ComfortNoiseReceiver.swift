package import Telephony

/// When the far end is silent on purpose, and how its silence sounds (RFC 3389).
///
/// A description holds from its timestamp until audio of a later time is played; a later description replaces it.
package struct ComfortNoiseReceiver: Sendable {
    private var waiting: (noise: ComfortNoise, begins: SampleTime)?
    private var current: (noise: ComfortNoise, begins: SampleTime)?
    /// Descriptions received.
    package private(set) var received = 0

    package init() {}

    /// Takes a payload.
    ///
    /// - Returns: whether it was one.
    package mutating func receive(_ payload: Span<UInt8>, timestamp: SampleTime) -> Bool {
        guard let noise = ComfortNoise(payload) else { return false }
        received &+= 1
        if let waiting, waiting.begins > timestamp { return true }
        waiting = (noise, timestamp)
        return true
    }

    /// Audio up to a time was played.
    package mutating func played(until end: SampleTime) {
        if let current, current.begins < end { self.current = nil }
        if let waiting, waiting.begins < end { self.waiting = nil }
    }

    /// The noise that is to be heard at a position; `isNew` when it was another, or none, before.
    package mutating func noise(at position: SampleTime) -> (noise: ComfortNoise, isNew: Bool)? {
        if let waiting, waiting.begins <= position {
            self.waiting = nil
            current = waiting
            return (waiting.noise, true)
        }
        return current.map { ($0.noise, false) }
    }

    /// The stream began anew.
    package mutating func reset() {
        waiting = nil
        current = nil
    }
}
