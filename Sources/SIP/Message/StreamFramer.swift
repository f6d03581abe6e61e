package import Telephony

/// Cuts a stream (TCP or TLS) into SIP messages by Content-Length (RFC 3261 section 18.3), with bounds in octets and time.
package struct StreamFramer: Sendable {
    private enum State: Sendable {
        /// Nothing of a message is there yet.
        case idle
        /// Part of a message is there.
        case collecting(since: Instant)
        case closed
    }

    /// What a chunk of the stream gave.
    package enum Result: Sendable, Equatable {
        /// Octets are missing.
        case needMore
        case message(SIPMessage)
        /// A keep-alive ping (RFC 5626 section 3.5.1): the octets to send back.
        case ping([UInt8])
        /// The stream cannot be cut any more: send the message's answer if there is one, then close it.
        case failed(SIPMessage?)
    }

    private var state = State.idle
    private var buffer: [UInt8] = []
    private var lastOctetAt: Instant
    /// How far the buffer was searched for the end of the head, so that octets that trickle in are looked at once.
    private var searched = 0
    /// Octets of the message whose head is there.
    private var frameLength: Int?

    package init(at now: Instant) { lastOctetAt = now }

    /// When ``isOverdue(at:)`` becomes true unless more comes.
    package var deadline: Instant {
        switch state {
        case .idle: lastOctetAt + SIPLimits.streamIdleTime
        case .collecting(let since): since + SIPLimits.streamMessageTime
        case .closed: lastOctetAt
        }
    }

    /// Whether the peer is too slow or silent for too long: the stream is to be closed.
    package func isOverdue(at now: Instant) -> Bool { now >= deadline }

    /// Takes a chunk. Call ``next(at:)`` until it says ``Result/needMore`` or ``Result/failed(_:)``.
    package mutating func receive(_ octets: some Sequence<UInt8>, at now: Instant) {
        if case .closed = state { return }
        buffer += octets
        lastOctetAt = now
        if case .idle = state, !buffer.isEmpty { state = .collecting(since: now) }
    }

    package mutating func next(at now: Instant) -> Result {
        if case .closed = state { return .failed(nil) }
        if let ping = takeLineEnds(at: now) { return ping }
        if frameLength == nil {
            guard let headEnd = endOfHead() else {
                return buffer.count > SIPLimits.headerBytes ? close(with: nil) : .needMore
            }
            if let failure = readHead(endingAt: headEnd) { return failure }
        }
        guard let length = frameLength, buffer.count >= length else { return .needMore }
        let frame = Array(buffer[..<length])
        consume(length, at: now)
        guard let message = try? SIPMessage(parsing: frame) else { return close(with: nil) }
        return .message(message)
    }

    /// Reads the head once, for the length of the message: a body that trickles in costs no more than its octets.
    private mutating func readHead(endingAt headEnd: Int) -> Result? {
        guard headEnd <= SIPLimits.headerBytes, let head = try? SIPMessage(parsing: Array(buffer[..<headEnd])) else {
            return close(with: nil)
        }
        // On a stream the length is the frame (RFC 3261 section 20.14): without one, or with two, nothing can be cut.
        guard case .some(let length?) = head.contentLength else {
            var answered = head
            answered.defect = .contentLength
            return close(with: answered)
        }
        frameLength = headEnd + length
        return nil
    }

    /// Leading line ends: a double one is a ping, which a single one answers.
    private mutating func takeLineEnds(at now: Instant) -> Result? {
        let count = buffer.prefix { $0 == 0x0D || $0 == 0x0A }.count
        if count == buffer.count, count < 4 { return count == 2 || count == 0 ? rest() : nil }
        guard count > 0 else { return nil }
        consume(count, at: now)
        return count >= 4 ? .ping([0x0D, 0x0A]) : nil
    }

    private mutating func rest() -> Result? {
        // A pong, or half a ping: it stays until the other half or a message comes, and no message has begun.
        state = .idle
        return .needMore
    }

    /// The index behind the empty line.
    private mutating func endOfHead() -> Int? {
        var index = max(searched - 3, 0)
        while index + 3 < buffer.count {
            if buffer[index] == 0x0D, buffer[index + 1] == 0x0A, buffer[index + 2] == 0x0D, buffer[index + 3] == 0x0A {
                return index + 4
            }
            index += 1
        }
        searched = buffer.count
        return nil
    }

    private mutating func consume(_ count: Int, at now: Instant) {
        buffer.removeFirst(min(count, buffer.count))
        searched = 0
        frameLength = nil
        state = buffer.isEmpty ? .idle : .collecting(since: now)
    }

    private mutating func close(with message: SIPMessage?) -> Result {
        state = .closed
        buffer = []
        return .failed(message)
    }
}
