import Telephony
import Testing
import Transport

@Suite("DatagramSocket")
struct DatagramSocketTests {
    private static let addresses = [
        TransportAddress(ipv4: 0x7F00_0001, port: 0), TransportAddress(high: 0, low: 1, port: 0),
    ]

    /// Takes what has come, and tells the first octets.
    private static func taken(_ socket: borrowing DatagramSocket) -> [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)
        defer { room.deallocate() }
        var octets: [UInt8] = []
        while let arrival = socket.receive(into: room), arrival.count > 0 { octets.append(room[0]) }
        return octets
    }

    private static func send(_ octet: UInt8, from socket: borrowing DatagramSocket, to address: TransportAddress)
        -> Bool
    {
        [octet].withUnsafeBytes { socket.send($0, to: address) }
    }

    @Test("once settled on a peer it hears nobody else, until it is unsettled; it sends to anybody all the while")
    func settles() throws {
        for address in DatagramSocketTests.addresses {
            guard let free = try? DatagramSocket(address).local else { continue }
            var socket = try DatagramSocket(free)
            let peer = try DatagramSocket(address)
            let stranger = try DatagramSocket(address)
            var heard: [[UInt8]] = []
            socket.settle(on: peer.local)
            _ = DatagramSocketTests.send(1, from: peer, to: socket.local)
            _ = DatagramSocketTests.send(2, from: stranger, to: socket.local)
            heard.append(DatagramSocketTests.taken(socket))
            _ = DatagramSocketTests.send(3, from: socket, to: peer.local)
            _ = DatagramSocketTests.send(4, from: socket, to: stranger.local)
            heard.append(DatagramSocketTests.taken(peer))
            heard.append(DatagramSocketTests.taken(stranger))
            socket.unsettle()
            _ = DatagramSocketTests.send(5, from: stranger, to: socket.local)
            _ = DatagramSocketTests.send(6, from: peer, to: socket.local)
            heard.append(DatagramSocketTests.taken(socket))
            socket.settle(on: stranger.local)
            _ = DatagramSocketTests.send(7, from: stranger, to: socket.local)
            heard.append(DatagramSocketTests.taken(socket))
            #expect(heard == [[1], [3], [4], [5, 6], [7]], "\(address)")
        }
    }

    @Test("a peer that went away costs no datagram to one that has come to the same address")
    func comesBack() throws {
        var socket = try DatagramSocket(DatagramSocketTests.addresses[0])
        let address = try DatagramSocket(DatagramSocketTests.addresses[0]).local
        socket.settle(on: address)
        // Nobody is there: the kernel says so in the place of the next datagram.
        let first = DatagramSocketTests.send(1, from: socket, to: address)
        let peer = try DatagramSocket(address)
        let second = DatagramSocketTests.send(2, from: socket, to: address)
        let heard = DatagramSocketTests.taken(peer)
        #expect(first && second && heard == [2])
    }
}
