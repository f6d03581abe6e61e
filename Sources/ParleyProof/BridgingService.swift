import Foundation

/// A configuration of `parley serve` in which a dialog hands every caller over to somebody behind a gateway.
enum BridgingService {
    /// Hands the caller over at once.
    static let dialog = """
        kind: AdaptiveDialog
        beginDialog:
          kind: OnConversationStart
          id: main
          actions:
            - kind: TransferConversationV2
              id: transfer
              transferType:
                kind: TransferToAgent
                context:
                  kind: AutomaticTransferContext
            - kind: EndConversation
              id: end

        """

    /// Writes it to a folder.
    ///
    /// - Returns: the file to serve with.
    static func write(to folder: String, sipPort: UInt16, gateway: UInt16, calls: Int) throws -> String {
        let files = [
            "desk/agent.mcs.yml": "kind: GptComponentMetadata\ndisplayName: desk\n",
            "desk/topics/start.mcs.yml": dialog,
            "parley.yaml": """
            agents: {desk: \(folder)/desk}
            media: {address: 127.0.0.1, ports: 10000-\(10_000 + 4 * calls + 400)}
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
