import RTP
import Telephony

/// The last packets of a source that may become the stream, so that nothing of it is lost when it does.
///
/// Room is had with the first candidate, and kept.
struct CandidatePackets {
    private struct Entry {
        var length = 0
        var arrival = Instant.zero
    }

    private var octets: [UInt8] = []
    private var entries: InlineArray<3, Entry> = InlineArray(repeating: Entry())

    private static let capacity = StreamSource.probation
    /// A longer packet is not kept.
    private static let longest = 1_600

    /// Keeps a packet.
    ///
    /// - Parameter number: which of the candidate's packets in sequence it is, from 1 on.
    mutating func keep(_ datagram: Span<UInt8>, number: Int, at now: Instant) {
        if octets.isEmpty {
            octets = [UInt8](repeating: 0, count: CandidatePackets.capacity * CandidatePackets.longest)
        }
        let index = number % CandidatePackets.capacity
        let length = datagram.count <= CandidatePackets.longest ? datagram.count : 0
        entries[index] = Entry(length: length, arrival: now)
        for offset in 0..<length { octets[index * CandidatePackets.longest + offset] = datagram[offset] }
    }

    /// The numbers of what is kept when the packet `number` has just come and is not kept itself.
    static func kept(before number: Int) -> Range<Int> { max(1, number - capacity)..<max(1, number) }

    /// A packet that was kept and when it came; empty when it was too long.
    func packet(_ number: Int) -> (octets: [UInt8], arrival: Instant) {
        let index = number % CandidatePackets.capacity
        let base = index * CandidatePackets.longest
        return (Array(octets[base..<base + entries[index].length]), entries[index].arrival)
    }
}
