package import Telephony

extension VCon {
    /// What was said, and what came of it.
    static func analysis(of record: CallRecord) -> [Analysis] {
        guard record.context.answeredAt != nil else { return [] }
        return [transcript(record), report(record.context)]
    }

    private static func transcript(_ record: CallRecord) -> Analysis {
        analysis("transcript", schema: "parley-transcript-1", .array(Transcript.lines(of: record).map(\.json)))
    }

    private static func report(_ context: CallContext) -> Analysis {
        var members: [String: JSONDocument] = [:]
        if let outcome = context.outcome { members["outcome"] = .string(outcome.rawValue) }
        if let party = context.endedBy { members["ended_by"] = .string(party.rawValue) }
        if let cause = context.cause { members["q850_cause"] = .number(Double(cause.q850)) }
        if let transfer = context.transfer?.outcome { members["transfer_outcome"] = .string(transfer.rawValue) }
        if let media = context.media { members["mos"] = .number(media.mos) }
        return analysis("report", schema: "parley-outcome-1", .object(members))
    }

    private static func analysis(_ type: String, schema: String, _ body: JSONDocument) -> Analysis {
        var analysis = Analysis(type: type)
        analysis.dialog = [0]
        analysis.vendor = "Parley"
        analysis.product = "parley"
        analysis.schema = schema
        analysis.content.mediaType = "application/json"
        analysis.content.encoding = .json
        analysis.content.body = body
        return analysis
    }
}

/// A call as the words of both sides, in order.
package enum Transcript {
    /// One utterance.
    package struct Line: Sendable, Equatable {
        /// Seconds of media time.
        package var start: Double
        /// Seconds that it was heard; `nil` when that is not known.
        package var duration: Double?
        package var party: Party
        /// ``Telephony/redactionPlaceholder`` where something secret was said.
        package var text: String
        /// 0 to 1; `nil` for prompts.
        package var confidence: Double?

        var json: JSONDocument {
            var members: [String: JSONDocument] = [
                "start": .number(start), "text": .string(text),
                "party": .number(Double(party == .caller ? VCon.caller : VCon.parley)),
            ]
            if let duration { members["duration"] = .number(duration) }
            if let confidence { members["confidence"] = .number(confidence) }
            return .object(members)
        }
    }

    /// The lines of a call. Without its facts, what the caller said is taken from the answers to questions.
    package static func lines(of record: CallRecord) -> [Line] {
        var lines = record.context.prompts.filter { !$0.text.redacted.isEmpty }.map {
            Line(start: $0.at, duration: $0.heard, party: .parley, text: $0.text.redacted)
        }
        for event in record.events {
            guard case .recognized(let body) = event.body, !body.text.redacted.isEmpty else { continue }
            lines.append(
                Line(
                    start: body.start, duration: max(0, ((body.end - body.start) * 1e6).rounded() / 1e6),
                    party: .caller, text: body.text.redacted, confidence: body.confidence))
        }
        if record.events.isEmpty {
            lines += record.context.inputs.filter { $0.kind == .speech && !$0.value.redacted.isEmpty }.map {
                Line(start: $0.at, party: .caller, text: $0.value.redacted)
            }
        }
        return lines.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
            .map(\.element)
    }
}
