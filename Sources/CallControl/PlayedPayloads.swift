import RTP
import Telephony

/// The payloads that were played out in one tick just as they came, for whoever passes them on as they are.
///
/// Room is had with the first, and kept.
struct PlayedPayloads {
    private struct Entry {
        var timestamp = SampleTime.zero
        var duration: Int64 = 0
        var length = 0
    }

    private var octets: [UInt8] = []
    private var entries: InlineArray<2, Entry> = InlineArray(repeating: Entry())
    private(set) var count = 0
    /// Somebody passes them on.
    var areKept = false

    /// A tick passes on two at the most: packets of 10 ms.
    private static let capacity = 2
    /// A longer payload is not kept.
    private static let longest = 1_280

    /// A tick begins.
    mutating func clear() { count = 0 }

    /// Keeps a payload of which the whole is played.
    mutating func keep(_ payload: Span<UInt8>, _ slot: JitterBuffer.Slot) {
        guard areKept, count < PlayedPayloads.capacity, payload.count <= PlayedPayloads.longest else { return }
        if octets.isEmpty {
            octets = [UInt8](repeating: 0, count: PlayedPayloads.capacity * PlayedPayloads.longest)
        }
        let base = count &* PlayedPayloads.longest
        octets.withUnsafeMutableBytes { room in
            payload.withUnsafeBytes { room[base..<base &+ $0.count].copyBytes(from: $0) }
        }
        entries[count] = Entry(timestamp: slot.timestamp, duration: slot.duration, length: payload.count)
        count += 1
    }

    /// Where in its stream a payload begins.
    func timestamp(_ index: Int) -> SampleTime { entries[index].timestamp }

    /// RTP ticks of a payload.
    func duration(_ index: Int) -> Int64 { entries[index].duration }

    @_lifetime(borrow self)
    func payload(_ index: Int) -> Span<UInt8> {
        let base = index * PlayedPayloads.longest
        return octets.span.extracting(base..<base + entries[index].length)
    }
}
