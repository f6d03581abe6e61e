import Crypto
package import Foundation
package import Records
package import Telephony

/// The HTTP interface to a running service and its records, as a function of a request: who may read what, and what the
/// answer is. Each reading of a context or a recording is in the audit log before its first octet leaves.
///
///     GET  /v1/calls                         running calls
///     GET  /v1/calls/ID/trace                the ladder of a call, running or just over; ID may be a SIP Call-ID
///     GET  /v1/calls/ID/pcap                 its signalling for Wireshark
///     POST /v1/calls/ID/WISH                 hold, resume, mute, unmute, release, hang-up; transfer, consult, pull-in,
///                                            listen with to=NAME; whisper, barge-in, take-over with leg=N; complete,
///                                            swap, conference, back
///     GET  /v1/agents                        agents and what they do
///     POST /v1/agents/NAME/ready             also away; reason=TEXT
///     GET  /v1/queues                        queues and how many wait
///     GET  /v1/contexts                      contexts; since, until, caller, called, agent, outcome, limit
///     GET  /v1/contexts/ID                   one; format=vcon for a vCon
///     GET  /v1/contexts/ID/recording         its recording, in the clear; ?leg=N for a further party's own
///     POST /v1/contexts/ID/link              an address from which it can be read without a token; seconds=300
///     GET  /v1/numbers/NUMBER/context        the context of the call for which a number of the pool is leased
///     GET  /v1/facts                         facts as they happen, as Server-Sent Events; call, event, after
package struct AdminAPI: Sendable {
    /// A request, as far as the interface looks at it.
    package struct Request: Sendable {
        package var method: String
        /// Percent-decoded.
        package var path: [String]
        package var query: [String: String]
        /// Of `Authorization: Bearer`.
        package var token: String?
        /// Of `Last-Event-ID`.
        package var lastEventID: Int64?

        package init(
            _ method: String, _ path: String, query: [String: String] = [:], token: String? = nil,
            lastEventID: Int64? = nil
        ) {
            self.method = method
            self.path = path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
            self.query = query
            self.token = token
            self.lastEventID = lastEventID
        }
    }

    package struct Answer: Sendable {
        package enum Body: Sendable {
            case octets(Data)
            /// Facts after a position, for as long as the subscriber stays.
            case facts(FactSubscription)
        }

        package var status: Int
        package var mediaType: String
        package var body: Body

        init(_ status: Int = 200, _ mediaType: String = "application/json", _ body: Body) {
            self.status = status
            self.mediaType = mediaType
            self.body = body
        }

        init(_ status: Int = 200, json: some Encodable) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            self.init(status, "application/json", .octets((try? encoder.encode(json)) ?? Data("{}".utf8)))
        }

        init(_ status: Int, error: String) { self.init(status, json: ["error": error]) }
    }

    /// What the interface shows.
    package struct Sources: Sendable {
        package var store: (any ContextStore)?
        package var archive: RecordingArchive?
        package var calls: LiveCalls
        package var recorder: FlightRecorder?
        /// What can be done with calls; `nil` where they are only looked at.
        package var controls: CallControls?
        /// What is known of calls that are being handed over.
        package var handed: HandedContexts?
        /// The call for which a number is leased at the moment.
        package var leaseholder: (@Sendable (String) -> CallID?)?

        package init(
            store: (any ContextStore)?, archive: RecordingArchive?, calls: LiveCalls, recorder: FlightRecorder?,
            controls: CallControls? = nil
        ) {
            self.controls = controls
            self.store = store
            self.archive = archive
            self.calls = calls
            self.recorder = recorder
        }
    }

    let sources: Sources
    /// The name of a token's holder.
    private let holder: @Sendable (String?) -> String?
    private let links: ContextLinks
    let clock: @Sendable () -> WallTime

    /// - Parameter holder: the name of the holder of a token; `nil` for one that nobody holds.
    package init(
        _ sources: Sources, holder: @escaping @Sendable (String?) -> String?, links: ContextLinks = ContextLinks(),
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) {
        self.sources = sources
        self.holder = holder
        self.links = links
        self.clock = clock
    }

    /// Answers a request.
    ///
    /// - Parameter user: who asks, where the way they came by says so: the Unix socket. `nil` asks for a token.
    package func answer(to request: Request, from user: String? = nil) -> Answer {
        guard request.path.first == "v1", request.path.count > 1 else {
            return Answer(404, error: "there is no such page")
        }
        let path = Array(request.path.dropFirst())
        do throws(RecordsError) {
            if let linked = try linked(request, path) { return linked }
            guard let who = user ?? holder(request.token) else {
                return Answer(401, error: "give a token: Authorization: Bearer TOKEN")
            }
            return try answer(request, path, who)
        } catch {
            return Answer(503, error: "\(error)")
        }
    }

    private func answer(_ request: Request, _ path: [String], _ who: String) throws(RecordsError) -> Answer {
        switch (request.method, path.first, path.count) {
        case ("GET", "calls", 1): return Answer(json: ["calls": sources.calls.all])
        case ("GET", "calls", 3): return trace(path[1], path[2], who)
        case ("POST", "calls", 3):
            return try command(path[1], path[2], request, who) ?? Answer(404, error: "there is no such page")
        case ("GET", "agents", 1): return agents()
        case ("POST", "agents", 3): return setAgent(path[1], path[2], request)
        case ("GET", "queues", 1): return queues()
        case ("GET", "contexts", 1): return try list(request, who)
        case ("GET", "contexts", 2): return try show(path[1], request.query["format"], who)
        case ("GET", "contexts", 3) where path[2] == "recording":
            return try recording(path[1], leg: request.query["leg"], who)
        case ("POST", "contexts", 3) where path[2] == "link": return try link(path[1], request, who)
        case ("GET", "facts", 1): return try facts(request, who)
        case ("GET", "numbers", 3) where path[2] == "context":
            guard let call = sources.leaseholder?(path[1]) else {
                return Answer(404, error: "the number is leased for no call")
            }
            return try show(call.rawValue, nil, who)
        case (_, "calls", 1), (_, "calls", 3), (_, "contexts", 1...3), (_, "facts", 1), (_, "agents", 1),
            (_, "agents", 3), (_, "queues", 1):
            return Answer(405, error: "\(request.method) is not for this page")
        default: return Answer(404, error: "there is no such page")
        }
    }

    private func store() throws(RecordsError) -> any ContextStore {
        guard let store = sources.store else { throw RecordsError("this service has no store; start it with one") }
        return store
    }

    private func note(
        _ kind: AuditAction.Kind, _ calls: [CallID], _ who: String, _ detail: String
    ) throws(RecordsError) {
        try store().audit(AuditAction(at: clock(), who: who, kind: kind, calls: calls, detail: detail))
    }

    // MARK: - Contexts

    private func list(_ request: Request, _ who: String) throws(RecordsError) -> Answer {
        var filter = ContextFilter()
        filter.caller = request.query["caller"]
        filter.called = request.query["called"]
        filter.agent = request.query["agent"]
        if let text = request.query["outcome"] {
            guard let outcome = CallOutcome(rawValue: text) else {
                return Answer(400, error: "there is no outcome '\(text)'")
            }
            filter.outcome = outcome
        }
        for name in ["since", "until"] {
            guard let text = request.query[name] else { continue }
            guard let time = WallTime(text) else {
                return Answer(400, error: "'\(name)' is a time such as 2026-03-02T09:30:00Z")
            }
            if name == "since" { filter.since = time } else { filter.until = time }
        }
        if let text = request.query["limit"] {
            guard let limit = Int(text), (1...1_000).contains(limit) else {
                return Answer(400, error: "'limit' is a number from 1 to 1000")
            }
            filter.limit = limit
        }
        let contexts = try store().contexts(filter)
        try note(.list, contexts.map(\.call), who, "\(contexts.count) contexts over HTTP")
        return Answer(json: ["contexts": contexts])
    }

    /// The record of a call; while it runs, what was known when it was handed over.
    private func record(_ id: String) throws(RecordsError) -> CallRecord? {
        if let record = try store().record(of: CallID(id)) { return record }
        return sources.handed?.context(of: CallID(id)).map { CallRecord(context: $0) }
    }

    private func show(_ id: String, _ format: String?, _ who: String) throws(RecordsError) -> Answer {
        guard var record = try record(id) else { return Answer(404, error: "there is no context of that call") }
        switch format {
        case nil, "json":
            try note(.show, [record.context.call], who, "a context over HTTP")
            return Answer(json: record.context)
        case "vcon":
            record.recordings = try sources.archive?.recordings(of: record.context.call, in: store()) ?? []
            try note(.export, [record.context.call], who, "a vCon over HTTP")
            return Answer(200, "application/vcon+json", .octets(try vcon(record)))
        default: return Answer(400, error: "'format' is json or vcon")
        }
    }

    private func vcon(_ record: CallRecord) throws(RecordsError) -> Data {
        do { return try VCon(of: record).data() } catch { throw RecordsError("the vCon cannot be written: \(error)") }
    }

    private func recording(_ id: String, leg: String?, _ who: String) throws(RecordsError) -> Answer {
        let number = leg.map { Int($0) }
        if case .some(.none) = number { return Answer(400, error: "'leg' is the number of a leg, as in the facts") }
        let track = number.flatMap { $0 }.map { LegID($0) }
        guard let archive = sources.archive,
            let recording = try archive.recording(of: CallID(id), leg: track, in: store())
        else {
            return Answer(404, error: "there is no recording of that call" + (leg == nil ? "" : "'s leg"))
        }
        try note(.playRecording, [CallID(id)], who, "a recording over HTTP")
        return Answer(200, recording.mediaType, .octets(recording.data))
    }

    // MARK: - Links

    private func link(_ id: String, _ request: Request, _ who: String) throws(RecordsError) -> Answer {
        guard let seconds = Int(request.query["seconds"] ?? "300"), (1...3_600).contains(seconds) else {
            return Answer(400, error: "'seconds' is a number from 1 to 3600")
        }
        guard let call = try record(id)?.context.call else {
            return Answer(404, error: "there is no context of that call")
        }
        let expiry = clock() + .seconds(Int64(seconds))
        try note(.export, [call], who, "a link to a context, for \(seconds) s")
        return Answer(201, json: ["path": links.path(of: call, until: expiry), "expiresAt": "\(expiry)"])
    }

    /// The context that a signed link names; `nil` for a request that is none.
    private func linked(_ request: Request, _ path: [String]) throws(RecordsError) -> Answer? {
        guard request.method == "GET", path.first == "contexts", path.count == 2,
            let signature = request.query["signature"]
        else { return nil }
        guard links.admits(CallID(path[1]), request.query["expires"], signature, at: clock()) else {
            return Answer(403, error: "the link has expired or was changed; ask for another")
        }
        return try show(path[1], nil, "link")
    }

    // MARK: - Live

    private func facts(_ request: Request, _ who: String) throws(RecordsError) -> Answer {
        let store = try store()
        var position = request.lastEventID
        if position == nil, let text = request.query["after"] {
            guard let number = Int64(text), number >= 0 else { return Answer(400, error: "'after' is a number") }
            position = number
        }
        let start: Int64
        if let position { start = position } else { start = try store.lastPosition() }
        try note(.list, [], who, "live facts after \(start)")
        let subscription = FactSubscription(
            store: store, after: start, call: request.query["call"].map { CallID($0) },
            event: request.query["event"])
        return Answer(200, "text/event-stream", .facts(subscription))
    }

    private func trace(_ id: String, _ form: String, _ who: String) -> Answer {
        guard let trace = sources.recorder?.trace(of: id) else {
            return Answer(
                404,
                error:
                    "the flight recorder knows no such call; it keeps only the last ones, and 'parley calls list' shows those that run"
            )
        }
        switch form {
        case "trace": return Answer(200, "application/json", .octets(trace.json))
        case "pcap": return Answer(200, "application/vnd.tcpdump.pcap", .octets(trace.pcap))
        default: return Answer(404, error: "there is no such page")
        }
    }
}
