import Foundation

/// A configuration of `parley serve` in which a dialog hands every caller over to somebody behind a gateway, or brings two
/// into a conference with the caller.
enum BridgingService {
    /// Does it at once.
    private static func dialog(_ action: String) -> String {
        """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
        \(action)
            - kind: EndConversation
              id: end

        """
    }

    /// A topic that hands the caller over at once.
    static var handOver: String { dialog(transfer) }

    private static let transfer = """
            - kind: TransferConversationV2
              id: transfer
              transferType:
                kind: TransferToAgent
                context:
                  kind: AutomaticTransferContext
        """

    private static let swarm = """
            - kind: Parley.Swarm
              id: confer
              experts:
                - "+15550124"
                - "+15550125"
        """

    /// Writes it to a folder.
    ///
    /// - Parameter phones: whom each caller is to speak with, 1 or 2.
    /// - Returns: the file to serve with.
    static func write(
        to folder: String, sipPort: UInt16, gateway: UInt16, calls: Int, phones: Int = 1
    ) throws -> String {
        let legs = (1 + phones) * calls
        let files = [
            "desk/agent.mcs.yml": "kind: GptComponentMetadata\ndisplayName: desk\n",
            "desk/topics/start.mcs.yml": phones == 1 ? handOver : dialog(swarm),
            "parley.yaml": """
            agents: {desk: \(folder)/desk}
            media: {address: 127.0.0.1, ports: 10000-\(10_000 + 2 * legs + 400)}
            limits: {calls: \(2 * calls + 100), drain-seconds: 0}
            outbound: {allowed: ["+1555*"], agents: "+15550123"}
            trunks:
                proof:
                    listen: ["udp:127.0.0.1:\(sipPort)"]
                    allow: [127.0.0.0/8]
                    media: {networks: [127.0.0.0/8]}
                    gateways: ["udp:127.0.0.1:\(gateway)"]
                    number-shown: "+15550100"
                    otherwise: desk

            """,
        ]
        for (name, text) in files {
            let path = folder + "/" + name
            try FileManager.default.createDirectory(
                atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        return folder + "/parley.yaml"
    }
}
