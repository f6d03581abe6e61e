import ArgumentParser
import Telephony
import Transport

/// The bare echo of ``MediaCommand``, as a program of its own that can be pinned and watched.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media-echo", abstract: "Echo datagrams: the floor of `media`.", shouldDisplay: false)

    @Option(help: "Pairs of ports.") var pairs: Int
    @Option(help: "The first port.") var firstPort: UInt16
    @Flag(help: "Leave SCHED_FIFO alone.") var ordinary = false

    func run() throws {
        let last = UInt16(clamping: Int(firstPort) + 2 * pairs + 200)
        let sockets = try MediaSockets(
            TransportAddress(ipv4: 0x7F00_0001, port: 0), ports: firstPort...last, dscp: 0)
        EchoLoop.run(sockets, isRealTime: !ordinary)
    }
}
