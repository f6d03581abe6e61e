import Telephony

/// Datagrams waiting to be sent, their bytes in one arena that is reused when the queue is drained.
struct DatagramQueue {
    private struct Entry {
        var datagram: OutgoingDatagram
        var offset: Int
        var count: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var nextEntry = 0

    /// Appends a datagram whose bytes are the first `count` of `source`.
    mutating func append(_ source: Span<UInt8>, to destination: TransportAddress, on port: Port) {
        let offset = bytes.count
        source.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        let datagram = OutgoingDatagram(port: port, destination: destination)
        entries.append(Entry(datagram: datagram, offset: offset, count: source.count))
    }

    mutating func next(into target: inout [UInt8]) -> OutgoingDatagram? {
        target.removeAll(keepingCapacity: true)
        guard nextEntry < entries.count else {
            bytes.removeAll(keepingCapacity: true)
            entries.removeAll(keepingCapacity: true)
            nextEntry = 0
            return nil
        }
        let entry = entries[nextEntry]
        nextEntry += 1
        target.append(contentsOf: bytes[entry.offset..<entry.offset + entry.count])
        return entry.datagram
    }
}
