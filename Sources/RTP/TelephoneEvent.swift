/// The payload of a telephone-event packet (RFC 4733 section 2.3).
package struct TelephoneEvent: Sendable, Equatable {
    /// The event code: 0 to 15 are the DTMF keys.
    package var code: UInt8
    /// The key is up: the last report of the event.
    package var isEnd: Bool
    /// Power level in dBm0 with the sign dropped, 0 to 63.
    package var volume: UInt8
    /// Timestamp units since the event began.
    package var duration: UInt16

    package static let length = 4

    package init(code: UInt8, isEnd: Bool, volume: UInt8, duration: UInt16) {
        self.code = code
        self.isEnd = isEnd
        self.volume = volume
        self.duration = duration
    }

    /// Reads a payload. Of several events in one packet (section 2.5.1.5) the first counts, the others come again in
    /// packets of their own.
    ///
    /// - Returns: `nil` unless the payload is made of whole events.
    package init?(_ payload: Span<UInt8>) {
        guard payload.count >= TelephoneEvent.length, payload.count % TelephoneEvent.length == 0 else { return nil }
        code = payload[0]
        isEnd = payload[1] & 0x80 != 0
        volume = payload[1] & 0x3F
        duration = payload.uint16(at: 2)
    }

    /// Writes the four octets at an offset.
    package func write(into target: inout MutableSpan<UInt8>, at offset: Int = 0) {
        precondition(target.count >= offset + TelephoneEvent.length, "a telephone-event has four octets")
        target[offset] = code
        target[offset + 1] = (isEnd ? 0x80 : 0) | (volume & 0x3F)
        target.write(duration, at: offset + 2)
    }
}
