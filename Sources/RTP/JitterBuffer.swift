package import Telephony

/// Holds a stream's packets until it is their turn to be played, for as long as the network makes necessary.
///
/// The delay follows from transit times: the transit of a packet is its arrival on the receiver's clock less its
/// timestamp on the sender's. Packets are played at the transit that nearly all of the last seconds have kept
/// (``TransitWindow``), plus a margin, within ``limits``. A difference of the two clocks moves all transits alike and is
/// followed by the same rule.
///
/// Who only asks is `mutating` where it is asked in every tick: what borrows a value of this size
/// may be given a copy of it.
///
/// Storage is allocated once. A set of bits says which slots are in use, and the lowest free one is taken, so that a
/// stream without trouble touches the same few cache lines again and again.
package struct JitterBuffer: Sendable {
    /// Bounds of the delay, above the shortest transit of the last seconds.
    package struct Limits: Sendable {
        package var initial = Interval.milliseconds(60)
        package var minimum = Interval.milliseconds(20)
        package var maximum = Interval.milliseconds(250)
        package init() {}
    }

    /// What became of a packet.
    package enum Insertion: Sendable, Equatable {
        case buffered
        /// Its time to be played had passed.
        case late
        case duplicate
        /// Larger than a slot, or there was no room.
        case overflow
    }

    /// What there is to decode at a position.
    package enum Playout: Sendable, Equatable {
        /// A packet covers the position.
        case packet(Slot)
        /// No packet covers it, but a later one is there: the gap ends at its timestamp, and its payload may carry
        /// redundancy for what is missing.
        case missing(until: SampleTime, next: Slot)
        /// Nothing is there.
        case empty
    }

    /// A packet in the buffer, until ``release(_:)``.
    package struct Slot: Sendable, Equatable {
        package var timestamp: SampleTime
        /// RTP ticks of audio.
        package var duration: Int64
        var index: Int
    }

    /// What the buffer has seen.
    package struct Counters: Sendable, Equatable {
        package var buffered = 0
        package var late = 0
        package var duplicates = 0
        package var reordered = 0
        package var overflows = 0
    }

    private struct Entry: Sendable {
        var timestamp = SampleTime.zero
        var duration: Int32 = 0
        var length: UInt16 = 0

        var end: SampleTime { timestamp + Int64(duration) }
    }

    package let limits: Limits
    private let clockRate: ClockRate
    private let slotLength: Int
    private let isDivisible: Bool
    private var entries: [Entry]
    /// One bit a slot.
    private var used: UInt32 = 0
    private var storage: [UInt8]
    private var transits = TransitWindow()
    private var newest = SampleTime(ticks: .min)
    /// Playout is being moved towards its target.
    private var isShortening = false
    private var isLengthening = false
    package private(set) var counters = Counters()

    private static let slots = UInt32.bitWidth
    /// Added to the transit that nearly all packets keep.
    private static let margin = Interval.milliseconds(10)
    /// Playout later than its target by so much is moved, until it is late by less than ``settled``.
    private static let tooLate = Interval.milliseconds(25)
    private static let tooEarly = Interval.milliseconds(8)
    private static let settled = Interval.milliseconds(10)

    /// - Parameters:
    ///   - slotLength: octets of a slot; longer packets are refused unless they can be divided. Up to 65,535.
    ///   - isDivisible: every octet of a payload holds as much audio as the next, as those of G.711, so that a packet
    ///     may take several slots.
    package init(clockRate: ClockRate, slotLength: Int, isDivisible: Bool = false, limits: Limits = Limits()) {
        self.clockRate = clockRate
        self.limits = limits
        self.slotLength = min(slotLength, Int(UInt16.max))
        self.isDivisible = isDivisible
        entries = [Entry](repeating: Entry(), count: JitterBuffer.slots)
        storage = [UInt8](repeating: 0, count: JitterBuffer.slots * self.slotLength)
    }

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - timestamp: on the stream's unwrapped timeline.
    ///   - duration: RTP ticks of audio in the payload.
    ///   - position: the next sample to be decoded; what ends before it is late.
    package mutating func insert(
        timestamp: SampleTime, duration: Int64, payload: Span<UInt8>, position: SampleTime, at now: Instant
    ) -> Insertion {
        transits.add(transit(of: timestamp, at: now), at: now)
        if timestamp < newest { counters.reordered &+= 1 }
        newest = max(newest, timestamp)
        guard timestamp + duration > position else {
            counters.late &+= 1
            return .late
        }
        let insertion =
            payload.count <= slotLength
            ? store(payload, timestamp: timestamp, duration: duration)
            : storePieces(of: payload, timestamp: timestamp, duration: duration, position: position)
        switch insertion {
        case .buffered: counters.buffered &+= 1
        case .duplicate: counters.duplicates &+= 1
        case .late: counters.late &+= 1
        case .overflow: counters.overflows &+= 1
        }
        return insertion
    }

    /// Puts a long packet into as many slots as it takes; tells what became of its first piece that is not late.
    private mutating func storePieces(
        of payload: Span<UInt8>, timestamp: SampleTime, duration: Int64, position: SampleTime
    ) -> Insertion {
        guard isDivisible, slotLength > 0 else { return .overflow }
        var insertion = Insertion.late
        var offset = 0
        while offset < payload.count {
            let end = min(offset + slotLength, payload.count)
            let begins = timestamp + duration * Int64(offset) / Int64(payload.count)
            let ends = timestamp + duration * Int64(end) / Int64(payload.count)
            if ends > position {
                let stored = store(payload.extracting(offset..<end), timestamp: begins, duration: ends - begins)
                if insertion == .late { insertion = stored }
            }
            offset = end
        }
        return insertion
    }

    private mutating func store(_ payload: Span<UInt8>, timestamp: SampleTime, duration: Int64) -> Insertion {
        guard !isBuffered(timestamp) else { return .duplicate }
        guard used != .max else { return .overflow }
        let index = (~used).trailingZeroBitCount
        used |= 1 << UInt32(index)
        entries[index] = Entry(
            timestamp: timestamp, duration: Int32(clamping: duration), length: UInt16(payload.count))
        copy(payload, to: index * slotLength)
        return .buffered
    }

    private mutating func copy(_ payload: Span<UInt8>, to base: Int) {
        let count = payload.count
        storage.withUnsafeMutableBufferPointer { room in
            payload.withUnsafeBufferPointer { octets in
                _ = UnsafeMutableBufferPointer(rebasing: room[base..<base + count]).update(fromContentsOf: octets)
            }
        }
    }

    /// A packet that begins there is in the buffer.
    private func isBuffered(_ timestamp: SampleTime) -> Bool {
        var rest = used
        while rest != 0 {
            if entries[rest.trailingZeroBitCount].timestamp == timestamp { return true }
            rest &= rest - 1
        }
        return false
    }

    /// What there is to decode at a position. Packets that end before it are dropped and counted as late.
    package mutating func next(at position: SampleTime) -> Playout {
        var best = -1
        var rest = used
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            if entries[index].end <= position {
                used &= ~(1 << UInt32(index))
                counters.late &+= 1
            } else if best < 0 || entries[index].timestamp < entries[best].timestamp {
                best = index
            }
        }
        guard best >= 0 else { return .empty }
        let slot = Slot(timestamp: entries[best].timestamp, duration: Int64(entries[best].duration), index: best)
        return slot.timestamp <= position ? .packet(slot) : .missing(until: slot.timestamp, next: slot)
    }

    /// Tells where the first slots lie, which are in use while the network is well: pointers, which are not to be read, and
    /// octets.
    package mutating func forEachPart(_ body: (UnsafeRawPointer, Int) -> Void) {
        entries.withUnsafeBytes { octets in
            if let base = octets.baseAddress { body(base, min(octets.count, 4 * MemoryLayout<Entry>.stride)) }
        }
        storage.withUnsafeBytes { octets in
            if let base = octets.baseAddress { body(base, min(octets.count, 4 * slotLength)) }
        }
    }

    /// The payload of a packet.
    @_lifetime(&self)
    package mutating func payload(of slot: Slot) -> Span<UInt8> {
        let base = slot.index * slotLength
        return storage.span.extracting(base..<base + Int(entries[slot.index].length))
    }

    /// Gives a packet's slot free.
    package mutating func release(_ slot: Slot) { used &= ~(1 << UInt32(slot.index)) }

    /// Where the last packet in the buffer ends; `nil` when none is there.
    package var end: SampleTime? {
        var latest: SampleTime?
        var rest = used
        while rest != 0 {
            let end = entries[rest.trailingZeroBitCount].end
            if latest.map({ end > $0 }) ?? true { latest = end }
            rest &= rest - 1
        }
        return latest
    }

    /// Forgets packets and transit times: the stream began anew.
    package mutating func reset() {
        used = 0
        forgetTransits()
    }

    /// Forgets transit times alone: a stream takes over from another, whose last packets are still to be played.
    package mutating func forgetTransits() {
        transits = TransitWindow()
        newest = SampleTime(ticks: .min)
        isShortening = false
        isLengthening = false
    }

    @inline(__always) private func transit(of timestamp: SampleTime, at now: Instant) -> Interval {
        Interval(nanoseconds: now.nanoseconds) - clockRate.interval(ticks: timestamp.ticks)
    }

    /// How long packets are held, beyond the fastest transit of the last seconds, when `position` is decoded now.
    package mutating func delay(position: SampleTime, at now: Instant) -> Interval {
        guard let shortest = transits.shortest else { return .zero }
        return transit(of: position, at: now) - shortest
    }

    /// By how much playout should move when `position` is the next sample to be decoded: positive when it is later than
    /// it need be and may be shortened, negative when it is too early and should be stretched, zero while it is near
    /// enough.
    package mutating func correction(position: SampleTime, at now: Instant) -> Interval {
        guard let shortest = transits.shortest, let longest = transits.nearlyLongest else { return .zero }
        let needed = longest - shortest + JitterBuffer.margin
        let target = min(max(needed, limits.minimum), limits.maximum)
        let excess = delay(position: position, at: now) - target
        if excess > JitterBuffer.tooLate { isShortening = transits.isSettled }
        if excess < -JitterBuffer.tooEarly { isLengthening = true }
        if excess < JitterBuffer.settled { isShortening = false }
        if excess >= .zero { isLengthening = false }
        return isShortening || isLengthening ? excess : .zero
    }
}
