import Testing

/// A scenario for SIPp, as steps: what it sends, and what must come.
struct SIPpScenario: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        /// A request within the call, or with another tag than its own in To.
        case send(
            String, headers: [String] = [], sdp: String? = nil, cseq: Int = 1, branch: String = "[branch]",
            tag: String = "[peer_tag_param]")
        /// A response with this status; its text must match a pattern.
        case expect(Int, matching: String = "")
        /// A provisional response that is to be acknowledged (RFC 3262): `[$rseq]` is its number from now on.
        case expectReliable(Int, matching: String = "RSeq:")
        /// A challenge, which `[authentication]` answers.
        case expectChallenge(Int)
        /// A provisional response that may come.
        case mayCome(Int)
        case pause(milliseconds: Int)
        /// A request of the far end must come; its text must match a pattern.
        case take(String, matching: String = "")
        /// Answers the request that was taken last.
        case answer(Int, sdp: String? = nil)
        /// A command of the shell.
        case shell(String)
    }

    let name: String
    /// Of the trunk that it calls.
    var port = 5_080
    /// Options of SIPp beside the usual ones.
    var options = ""
    let steps: [Step]

    var testDescription: String { name }

    /// An offer of PCMU with keys, in a direction.
    static func offer(_ direction: String = "sendrecv", version: Int = 1) -> String {
        """
        v=0
        o=sipp 1 \(version) IN IP[local_ip_type] [local_ip]
        s=-
        c=IN IP[media_ip_type] [media_ip]
        t=0 0
        m=audio [media_port] RTP/AVP 0 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:101 telephone-event/8000
        a=\(direction)
        """
    }

    /// The scenario as SIPp reads it.
    var xml: String {
        var body = ""
        var checks: [String] = []
        for step in steps {
            switch step {
            case .send(let method, let headers, let sdp, let cseq, let branch, let tag):
                body += send(method, headers, sdp, cseq, branch, tag)
            case .expect(let status, let pattern):
                guard !pattern.isEmpty else {
                    body += "<recv response=\"\(status)\"/>\n"
                    continue
                }
                let variable = "check\(checks.count)"
                checks.append(variable)
                body += """
                    <recv response="\(status)"><action>
                    <ereg regexp="\(pattern)" search_in="msg" check_it="true" assign_to="\(variable)"/>
                    </action></recv>

                    """
            case .expectReliable(let status, let pattern):
                checks.append("check\(checks.count)")
                body += """
                    <recv response="\(status)"><action>
                    <ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="rseq"/>
                    <ereg regexp="\(pattern)" search_in="msg" check_it="true" assign_to="check\(checks.count - 1)"/>
                    </action></recv>

                    """
            case .expectChallenge(let status): body += "<recv response=\"\(status)\" auth=\"true\"/>\n"
            case .mayCome(let status): body += "<recv response=\"\(status)\" optional=\"true\"/>\n"
            case .take(let method, let pattern):
                body += SIPpScenario.take(method, pattern, number: checks.count)
                if method == "INVITE" { checks += SIPpScenario.repeated.map(\.variable) }
                if !pattern.isEmpty { checks.append("check\(checks.count)") }
            case .answer(let status, let sdp): body += SIPpScenario.answer(status, sdp)
            case .shell(let command): body += "<nop><action><exec command=\"\(command)\"/></action></nop>\n"
            case .pause(let milliseconds): body += "<pause milliseconds=\"\(milliseconds)\"/>\n"
            }
        }
        let references = checks.isEmpty ? "" : "<Reference variables=\"\(checks.joined(separator: ","))\"/>\n"
        return
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"\(name)\">\n\(body)\(references)</scenario>\n"
    }

    /// Header fields that an answer repeats, in variables of SIPp: another message may come before it is sent.
    private static let repeated = ["Via", "From", "To", "Call-ID", "CSeq"].map {
        (name: $0, variable: $0.replacing("-", with: ""))
    }

    private static func take(_ method: String, _ pattern: String, number: Int) -> String {
        var actions = ""
        if method == "INVITE" {
            for (name, variable) in repeated {
                actions +=
                    "<ereg regexp=\".*\" search_in=\"hdr\" header=\"\(name):\" check_it=\"true\" assign_to=\"\(variable)\"/>\n"
            }
        }
        if !pattern.isEmpty {
            let variable = "check\(number + (method == "INVITE" ? repeated.count : 0))"
            actions +=
                "<ereg regexp=\"\(pattern)\" search_in=\"msg\" check_it=\"true\" assign_to=\"\(variable)\"/>\n"
        }
        return "<recv request=\"\(method)\"><action>\n\(actions)</action></recv>\n"
    }

    private static func answer(_ status: Int, _ sdp: String?) -> String {
        var lines = ["SIP/2.0 \(status) As the test wants"]
        lines += repeated.map { "\($0.name):[$\($0.variable)]" }
        lines.append("Contact: <sip:ann@[local_ip]:[local_port];transport=[transport]>")
        if sdp != nil { lines.append("Content-Type: application/sdp") }
        lines += ["Content-Length: [len]", ""]
        if let sdp { lines += sdp.split(separator: "\n").map(String.init) }
        return "<send>\n<![CDATA[\n\n\(lines.joined(separator: "\n"))\n\n]]>\n</send>\n"
    }

    private func send(
        _ method: String, _ headers: [String], _ sdp: String?, _ cseq: Int, _ branch: String, _ tag: String
    ) -> String {
        var lines = [
            "\(method) sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=\(branch)",
            "From: <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]",
            "To: <sip:[service]@[remote_ip]:[remote_port]>\(tag)",
            "Call-ID: [call_id]",
            "CSeq: \(cseq) \(method)",
            "Contact: <sip:ann@[local_ip]:[local_port];transport=[transport]>",
            "Max-Forwards: 70",
        ]
        lines += headers
        if sdp != nil { lines.append("Content-Type: application/sdp") }
        lines += ["Content-Length: [len]", ""]
        if let sdp { lines += sdp.split(separator: "\n").map(String.init) }
        return "<send>\n<![CDATA[\n\n\(lines.joined(separator: "\n"))\n\n]]>\n</send>\n"
    }
}
