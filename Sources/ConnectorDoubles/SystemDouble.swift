package import Connectors
import Foundation
package import Records
import Synchronization
package import Telephony

/// A stand-in for another system, built from its documents: it refuses what the system refuses, and counts effects.
package protocol SystemDouble: Sendable {
    /// Answers one request, at a time that is passed in.
    func answer(_ request: ConnectorRequest, at now: WallTime) -> ConnectorAnswer
}

extension SystemDouble {
    package func problem(_ status: Int, _ body: JSONDocument) -> ConnectorAnswer {
        ConnectorAnswer(status: status, headers: [("Content-Type", "application/json")], body: body.data)
    }
}

extension ConnectorRequest {
    /// The path without the query, its escapes undone.
    package var path: String {
        let rest = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let path = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        return String(path.prefix { $0 != "?" }).removingPercentEncoding ?? String(path)
    }

    /// A value of the query, its escapes undone.
    package func query(_ name: String) -> String? {
        ConnectorRequest.fields(url.split(separator: "?", maxSplits: 1).dropFirst().first ?? "")[name]
    }

    /// The fields of a form in the body.
    package var form: [String: String] { ConnectorRequest.fields(Substring(String(decoding: body, as: UTF8.self))) }

    private static func fields(_ text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count > 1 ? String(parts[1]).removingPercentEncoding : ""
        }
        return fields
    }

    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    package var json: JSONDocument { (try? JSONDocument(parsing: body)) ?? .null }
}

/// What goes wrong between a connector and a double, drawn from a seed.
package struct Faults: Sendable {
    /// The share of requests that are answered 500 and have no effect.
    package var serverError = 0.0
    /// The share that are answered 429 with `Retry-After`, without effect.
    package var tooMany = 0.0
    /// The share whose answer never comes although they have their effect.
    package var lostAnswer = 0.0
    /// The share that never arrives.
    package var lostRequest = 0.0
    /// Nothing can be reached before this time.
    package var downUntil = WallTime(millisecondsSince1970: 0)

    package init() {}
}

/// Carries requests to a double in the same process, with faults and without waiting: for tests in virtual time.
package final class DoubleTransport: ConnectorTransport {
    private let double: any SystemDouble
    private let faults: Faults
    private let clock: @Sendable () -> WallTime
    private let generator: Mutex<SeededGenerator>
    private let requestCount = Mutex(0)

    package init(
        _ double: any SystemDouble, faults: Faults = Faults(), seed: UInt64 = 1,
        clock: @escaping @Sendable () -> WallTime
    ) {
        self.double = double
        self.faults = faults
        self.clock = clock
        generator = Mutex(SeededGenerator(seed: seed))
    }

    /// Requests that were made, those that never arrived included.
    package var requests: Int { requestCount.withLock { $0 } }

    package func send(_ request: ConnectorRequest) async -> ConnectorReply {
        requestCount.withLock { $0 += 1 }
        let now = clock()
        if now < faults.downUntil { return .failed(reason: "connection refused") }
        var chance = generator.withLock { $0.nextUnit() }
        func happens(_ share: Double) -> Bool {
            chance -= share
            return chance < 0
        }
        if happens(faults.serverError) { return .answered(ConnectorAnswer(status: 500)) }
        if happens(faults.tooMany) {
            return .answered(ConnectorAnswer(status: 429, headers: [("Retry-After", "2")]))
        }
        if happens(faults.lostRequest) { return .failed(reason: "deadline exceeded") }
        let answer = double.answer(request, at: now)
        return happens(faults.lostAnswer) ? .failed(reason: "deadline exceeded") : .answered(answer)
    }
}
