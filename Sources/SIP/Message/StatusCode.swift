package import Telephony

/// What a final response means: its phrase, the cause of ITU-T Q.850 it stands for (RFC 3398 section 7.2.4.1 and
/// section 8.2.6.1, RFC 4497 section 8.4), and what it says of a call that was placed.
package enum StatusCode {
    package struct Row: Sendable {
        package var status: Int
        package var reason: String
        package var q850: Int
        package var outcome: TransferOutcome
    }

    /// One table for both directions. Where several statuses have one cause, the first row is what the cause becomes.
    package static let table: [Row] = [
        Row(status: 400, reason: "Bad Request", q850: 41, outcome: .failed),
        Row(status: 401, reason: "Unauthorized", q850: 21, outcome: .refused),
        Row(status: 402, reason: "Payment Required", q850: 21, outcome: .refused),
        Row(status: 403, reason: "Forbidden", q850: 21, outcome: .refused),
        Row(status: 404, reason: "Not Found", q850: 1, outcome: .failed),
        Row(status: 405, reason: "Method Not Allowed", q850: 63, outcome: .failed),
        Row(status: 406, reason: "Not Acceptable", q850: 79, outcome: .failed),
        Row(status: 407, reason: "Proxy Authentication Required", q850: 21, outcome: .refused),
        Row(status: 408, reason: "Request Timeout", q850: 102, outcome: .noAnswer),
        Row(status: 410, reason: "Gone", q850: 22, outcome: .failed),
        Row(status: 412, reason: "Conditional Request Failed", q850: 127, outcome: .failed),
        Row(status: 413, reason: "Request Entity Too Large", q850: 127, outcome: .failed),
        Row(status: 414, reason: "Request-URI Too Long", q850: 127, outcome: .failed),
        Row(status: 415, reason: "Unsupported Media Type", q850: 79, outcome: .failed),
        Row(status: 416, reason: "Unsupported URI Scheme", q850: 127, outcome: .failed),
        Row(status: 417, reason: "Unknown Resource-Priority", q850: 127, outcome: .failed),
        Row(status: 420, reason: "Bad Extension", q850: 127, outcome: .failed),
        Row(status: 421, reason: "Extension Required", q850: 127, outcome: .failed),
        Row(status: 422, reason: "Session Interval Too Small", q850: 127, outcome: .failed),
        Row(status: 423, reason: "Interval Too Brief", q850: 127, outcome: .failed),
        Row(status: 424, reason: "Bad Location Information", q850: 127, outcome: .failed),
        Row(status: 425, reason: "Bad Alert Message", q850: 127, outcome: .failed),
        Row(status: 428, reason: "Use Identity Header", q850: 127, outcome: .failed),
        Row(status: 429, reason: "Provide Referrer Identity", q850: 127, outcome: .failed),
        Row(status: 430, reason: "Flow Failed", q850: 127, outcome: .failed),
        Row(status: 433, reason: "Anonymity Disallowed", q850: 21, outcome: .refused),
        Row(status: 436, reason: "Bad Identity Info", q850: 127, outcome: .failed),
        Row(status: 437, reason: "Unsupported Credential", q850: 127, outcome: .failed),
        Row(status: 438, reason: "Invalid Identity Header", q850: 127, outcome: .failed),
        Row(status: 439, reason: "First Hop Lacks Outbound Support", q850: 127, outcome: .failed),
        Row(status: 440, reason: "Max-Breadth Exceeded", q850: 127, outcome: .failed),
        Row(status: 469, reason: "Bad Info Package", q850: 127, outcome: .failed),
        Row(status: 470, reason: "Consent Needed", q850: 21, outcome: .refused),
        Row(status: 480, reason: "Temporarily Unavailable", q850: 18, outcome: .noAnswer),
        Row(status: 481, reason: "Call/Transaction Does Not Exist", q850: 41, outcome: .failed),
        Row(status: 482, reason: "Loop Detected", q850: 25, outcome: .failed),
        Row(status: 483, reason: "Too Many Hops", q850: 25, outcome: .failed),
        Row(status: 484, reason: "Address Incomplete", q850: 28, outcome: .failed),
        Row(status: 485, reason: "Ambiguous", q850: 1, outcome: .failed),
        Row(status: 486, reason: "Busy Here", q850: 17, outcome: .busy),
        Row(status: 487, reason: "Request Terminated", q850: 127, outcome: .noAnswer),
        Row(status: 488, reason: "Not Acceptable Here", q850: 65, outcome: .failed),
        Row(status: 489, reason: "Bad Event", q850: 127, outcome: .failed),
        Row(status: 491, reason: "Request Pending", q850: 41, outcome: .failed),
        Row(status: 493, reason: "Undecipherable", q850: 127, outcome: .failed),
        Row(status: 494, reason: "Security Agreement Required", q850: 127, outcome: .failed),
        Row(status: 500, reason: "Server Internal Error", q850: 41, outcome: .failed),
        Row(status: 501, reason: "Not Implemented", q850: 79, outcome: .failed),
        Row(status: 502, reason: "Bad Gateway", q850: 38, outcome: .failed),
        Row(status: 503, reason: "Service Unavailable", q850: 41, outcome: .failed),
        Row(status: 504, reason: "Server Time-out", q850: 102, outcome: .failed),
        Row(status: 505, reason: "Version Not Supported", q850: 127, outcome: .failed),
        Row(status: 513, reason: "Message Too Large", q850: 127, outcome: .failed),
        Row(status: 555, reason: "Push Notification Service Not Supported", q850: 127, outcome: .failed),
        Row(status: 580, reason: "Precondition Failure", q850: 127, outcome: .failed),
        Row(status: 600, reason: "Busy Everywhere", q850: 17, outcome: .busy),
        Row(status: 603, reason: "Decline", q850: 21, outcome: .refused),
        Row(status: 604, reason: "Does Not Exist Anywhere", q850: 1, outcome: .failed),
        Row(status: 606, reason: "Not Acceptable", q850: 65, outcome: .failed),
        Row(status: 607, reason: "Unwanted", q850: 21, outcome: .refused),
        Row(status: 608, reason: "Rejected", q850: 21, outcome: .refused),
    ]

    private static let successes: [Int: String] = [
        100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
        200: "OK", 202: "Accepted", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily",
        305: "Use Proxy", 380: "Alternative Service",
    ]

    /// Status of each cause of Q.850 (RFC 3398 section 7.2.4.1).
    private static let statuses: [Int: Int] = [
        1: 404, 2: 404, 3: 404, 16: 480, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 23: 410, 25: 483,
        26: 404,
        27: 502, 28: 484, 29: 501, 31: 480, 34: 503, 38: 503, 41: 503, 42: 503, 47: 503, 55: 403, 57: 403, 58: 503,
        63: 405, 65: 488, 70: 488, 79: 501, 87: 403, 88: 503, 102: 504, 111: 500, 127: 500,
    ]

    package static func row(_ status: Int) -> Row? { table.first { $0.status == status } }

    /// The default phrase; an unknown status has that of its class.
    package static func reason(_ status: Int) -> String {
        if let reason = successes[status] ?? row(status)?.reason { return reason }
        return switch status / 100 {
        case 1: "Progress"
        case 2: "OK"
        case 3: "Redirection"
        case 4: "Client Error"
        case 5: "Server Error"
        default: "Global Failure"
        }
    }

    /// The cause of Q.850 for a final status; an unknown status is treated as the x00 of its class (RFC 3261 section
    /// 8.1.3.2).
    package static func q850(_ status: Int) -> Int {
        if (200...299).contains(status) { return 16 }
        return row(status)?.q850 ?? row(status / 100 * 100)?.q850 ?? 127
    }

    /// The status that refuses a call for a cause of Q.850.
    package static func status(q850 cause: Int) -> Int { statuses[cause] ?? 500 }

    /// What a final status says of a call that was placed; an unknown one is treated as in ``q850(_:)``.
    package static func outcome(_ status: Int) -> TransferOutcome {
        if (200...299).contains(status) { return .completed }
        return row(status)?.outcome ?? row(status / 100 * 100)?.outcome ?? .failed
    }
}
