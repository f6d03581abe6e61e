import Telephony

/// Datagrams waiting to be sent, their bytes in one arena that is reused when the queue is drained.
package struct DatagramQueue: Sendable {
    private struct Entry {
        var datagram: OutgoingDatagram
        var offset: Int
        var count: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var nextEntry = 0
    /// What is known of the datagrams since ``beginNotes()``, each as it was before it was encrypted; `nil` where nobody
    /// asks for it.
    private var notes: [SentDatagram]?

    package init() {}

    /// Datagrams that wait.
    package var count: Int { entries.count }

    /// Where a datagram goes, counted from the one that was appended first.
    package subscript(index: Int) -> OutgoingDatagram { entries[index].datagram }

    /// Gives a datagram's octets, counted likewise.
    package func withOctets<Result>(of index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let entry = entries[index]
        return bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[entry.offset..<entry.offset + entry.count]))
        }
    }

    /// Drops all that waits; the room is kept.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        nextEntry = 0
    }

    mutating func beginNotes() { notes = [] }

    mutating func takeNotes() -> [SentDatagram] {
        defer { notes = nil }
        return notes ?? []
    }

    /// Takes a note of a datagram that is about to be encrypted and appended.
    @inline(__always)
    mutating func note(_ plain: Span<UInt8>, to destination: TransportAddress, on port: Port) {
        if notes != nil { notes?.append(SentDatagram(plain, to: destination, on: port)) }
    }

    /// Appends a datagram whose bytes are the first `count` of `source`.
    ///
    /// - Parameter isSolePeer: see ``OutgoingDatagram/isSolePeer``.
    mutating func append(
        _ source: Span<UInt8>, to destination: TransportAddress, isSolePeer: Bool = false, on port: Port
    ) {
        let offset = bytes.count
        source.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        let datagram = OutgoingDatagram(port: port, destination: destination, isSolePeer: isSolePeer)
        entries.append(Entry(datagram: datagram, offset: offset, count: source.count))
    }

    mutating func next(into target: inout [UInt8]) -> OutgoingDatagram? {
        target.removeAll(keepingCapacity: true)
        guard nextEntry < entries.count else {
            removeAll()
            return nil
        }
        let entry = entries[nextEntry]
        nextEntry += 1
        target.append(contentsOf: bytes[entry.offset..<entry.offset + entry.count])
        return entry.datagram
    }
}
