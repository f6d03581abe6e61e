import Foundation
import SIP
import Telephony
import Testing

/// Offers of every shape over a socket, at a service with trunks of each policy of SRTP.
@Suite("Offers, live", .serialized)
struct OfferTests {
    private static let own: UInt32 = 0x7F2C_0001
    private static let configuration =
        """
        agents:
            main: \(Bench.agent)
        admin: {socket: parley.sock}
        media:
            address: 127.44.0.3
            ports: 24200-24399
        trunks:

        """
        + OfferCase.Trunk.allCases.map { trunk in
            """
                \(trunk):
                    listen: ["udp:127.44.0.3:\(trunk.rawValue)"]
                    allow: [127.44.0.1]
                    media: {networks: [192.0.2.255], srtp: \(trunk == .plain ? "off" : "\(trunk)")}
                    otherwise: main

            """
        }.joined()

    /// One dialog of a far end that writes its messages itself.
    private struct Dialog {
        let peer: TorturePeer
        let name: String
        let port: UInt16
        var cseq = 0
        var toTag = ""

        private func request(_ method: String, _ number: Int, body: String) -> [UInt8] {
            var lines = [
                "\(method) sip:100@127.44.0.3:\(port) SIP/2.0",
                "Via: SIP/2.0/UDP 127.44.0.1:5070;branch=z9hG4bK\(name)-\(method)-\(number)", "Max-Forwards: 70",
                "From: <sip:ann@127.44.0.1:5070>;tag=\(name)",
                "To: <sip:100@127.44.0.3>" + (toTag.isEmpty ? "" : ";tag=\(toTag)"), "Call-ID: \(name)",
                "CSeq: \(number) \(method)", "Contact: <sip:ann@127.44.0.1:5070>",
            ]
            if !body.isEmpty { lines.append("Content-Type: application/sdp") }
            lines += ["Content-Length: \(body.utf8.count)", "", body]
            return Array(lines.joined(separator: "\r\n").utf8)
        }

        /// Sends a request, and acknowledges what comes to an INVITE.
        ///
        /// - Parameter answer: stands in the ACK.
        /// - Returns: the final response.
        mutating func ask(_ method: String, body: String = "", answer: String = "") -> SIPMessage? {
            cseq += 1
            let number = cseq
            peer.send(request(method, number, body: body))
            let response = peer.next { message in
                message.callID == name && message.cseq?.number == UInt32(number) && (message.status ?? 0) >= 200
            }
            guard method == "INVITE", let status = response?.status else { return response }
            if toTag.isEmpty, let tag = response?.to?.tag { toTag = tag }
            var acknowledgement = request("ACK", number, body: answer)
            if status >= 300 {
                // Of the INVITE's own transaction.
                let text = String(decoding: acknowledgement, as: UTF8.self)
                acknowledgement = Array(text.replacing("-ACK-", with: "-INVITE-").utf8)
            }
            peer.send(acknowledgement)
            if status >= 300, number == 1 { toTag = "" }
            return response
        }
    }

    private static func description(_ step: OfferCase.Step, _ number: Int) -> String {
        guard let lines = step.lines else { return "" }
        let text =
            if lines.hasPrefix("v=") {
                lines
            } else if lines.hasPrefix("o=") {
                "v=0\n" + lines
            } else {
                "v=0\no=- 7 \(step.version ?? number) IN IP4 127.44.0.1\ns=-\nc=IN IP4 127.44.0.1\nt=0 0\n" + lines
            }
        return text.replacing("\n", with: "\r\n")
    }

    /// What a description says of each medium: kind, profile, formats, direction, and what is not as usual.
    private static func summary(_ description: SessionDescription) -> String {
        description.media.map { medium in
            guard medium.port != 0 else { return "\(medium.kind) \(medium.proto) -" }
            let direction = ["sendrecv", "sendonly", "recvonly", "inactive"].first { medium.attribute($0) != nil }
            var words = [medium.kind, medium.proto] + medium.formats + [direction ?? "no direction"]
            if let time = medium.attribute("ptime"), time != "20" { words.append("ptime \(time)") }
            if medium.attribute("rtcp-mux") != nil { words.append("rtcp-mux") }
            for crypto in medium.attributes(named: "crypto") {
                words.append("crypto " + crypto.split(separator: " ").prefix(2).joined(separator: " "))
            }
            return words.joined(separator: " ")
        }.joined(separator: "; ")
    }

    /// Runs one case, and says what was not as it should be.
    private static func faults(of offers: OfferCase, _ number: Int, _ peer: TorturePeer) -> [String] {
        var dialog = Dialog(peer: peer, name: "offer-\(offers.trunk)-\(number)", port: offers.trunk.rawValue)
        var faults: [String] = []
        var last: SessionDescription?
        var hasCall = false
        for (index, step) in offers.steps.enumerated() {
            let answer =
                step.lines == nil && !step.isUpdate
                ? description(OfferCase.Step(lines: "m=audio 6000 RTP/AVP 0\n", answer: ""), index + 1) : ""
            guard
                let response = dialog.ask(
                    step.isUpdate ? "UPDATE" : "INVITE", body: description(step, index + 1), answer: answer)
            else { return faults + ["step \(index + 1): no answer"] }
            hasCall = hasCall || response.status == 200
            guard response.status == 200, let octets = response.sessionDescriptionOctets,
                let said = try? SessionDescription(parsing: octets)
            else {
                let status = "\(response.status ?? 0)"
                let warning = response.headers[.warning].map { status + " " + $0.prefix(3) }
                if step.answer != status, step.answer != warning {
                    faults.append("step \(index + 1): \(warning ?? status) in the place of \(step.answer)")
                }
                continue
            }
            if summary(said) != step.answer {
                faults.append("step \(index + 1): \(summary(said)) in the place of \(step.answer)")
            }
            // RFC 3264 section 8: the version counts what changed, by one.
            if var last {
                let version = last.origin.version
                last.origin.version = said.origin.version
                if said.origin.version != version + (said == last ? 0 : 1) {
                    faults.append("step \(index + 1): the version went from \(version) to \(said.origin.version)")
                }
            }
            last = said
        }
        if hasCall, dialog.ask("BYE")?.status != 200 { faults.append("the call was no longer there") }
        return faults
    }

    @Test("each is answered or refused as RFC 3264 and its company say, and the call goes on")
    func offers() async throws {
        let bench = try Bench()
        try bench.write("parley.yaml", OfferTests.configuration)
        let service = try bench.start(Bench.parley, ["serve", "--config", "parley.yaml"], output: "log")
        let isUp = try await bench.wait(seconds: 60) {
            bench.read("log").contains("listens on") || service.status != nil
        }
        guard isUp, service.status == nil else {
            Issue.record("the service did not begin: \(bench.read("log"))")
            return
        }
        for trunk in OfferCase.Trunk.allCases {
            let peer = try TorturePeer(
                [TransportAddress(ipv4: OfferTests.own, port: 5_070)],
                service: TransportAddress(ipv4: 0x7F2C_0003, port: trunk.rawValue))
            for (number, offers) in (OfferCase.first + OfferCase.later).enumerated() where offers.trunk == trunk {
                for fault in OfferTests.faults(of: offers, number, peer) {
                    Issue.record("\(trunk): \(offers.name), \(fault)")
                }
            }
        }
        service.signal(SIGTERM)
        #expect(try await service.end() == 0)
    }
}
