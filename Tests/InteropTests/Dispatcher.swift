import Foundation

/// Kamailio's dispatcher in front of several Parleys that share a database: calls go to each in turn, and away from one that is gone.
struct Dispatcher {
    /// Of SIP over UDP on loopback.
    let port: Int
    /// Of the Parleys behind it, on loopback.
    let nodes: [Int]

    /// What `kamailio -f` reads.
    private func configuration() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "kamailio.cfg")
        return try String(contentsOf: file, encoding: .utf8)
            .replacingOccurrences(of: "listen=udp:127.0.0.1:5060", with: "listen=udp:127.0.0.1:\(port)")
    }

    private var list: String { nodes.map { "1 sip:127.0.0.1:\($0) 0 0\n" }.joined() }

    /// Starts it in the folder of a bench.
    func start(in bench: Bench) throws -> RunningProgram {
        try bench.write("kamailio.cfg", configuration())
        try bench.write("dispatcher.list", list)
        return try bench.start(
            "/usr/sbin/kamailio",
            ["-f", "kamailio.cfg", "-DD", "-w", bench.folder.path, "-Y", bench.folder.path, "-m", "32", "-M", "4"],
            output: "kamailio.log")
    }
}
