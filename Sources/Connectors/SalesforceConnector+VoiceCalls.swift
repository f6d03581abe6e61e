import Formula
import Foundation
import Records
import Telephony

extension SalesforceConnector {
    /// A voice call to be made.
    struct Opening {
        /// Salesforce makes no second one of a key.
        var key: String
        var from: String
        var to: String
        /// `Inbound` or `Transfer`.
        var method = "Inbound"
        var start: WallTime
        /// The voice call that was handed over.
        var parent: String?

        /// The call as it came.
        init(_ context: CallContext) {
            key = context.call.rawValue
            from = context.from
            to = context.to
            start = context.startedAt
        }

        /// The call as it was handed over to one of its legs.
        init(_ context: CallContext, _ leg: CallContext.Leg, parent: String) {
            key = "\(context.call)/\(leg.leg.rawValue)"
            from = context.from
            to = leg.target.redacted
            method = "Transfer"
            start = context.time(leg.dialledAt)
            self.parent = parent
        }
    }

    func create(_ voiceCall: VoiceCall, _ opening: Opening) async throws(Stop) -> String? {
        let now = clock()
        let claims: JSONDocument = [
            "iss": .string(voiceCall.organization), "sub": .string(voiceCall.callCenter),
            "jti": .string("\(opening.key):\(now.millisecondsSince1970)"),
            "exp": .number(Double(now.millisecondsSince1970 / 1_000 + 180)),
        ]
        guard let token = try? signer.sign(claims) else {
            throw Stop(outcome: .unavailable(reason: "the token cannot be signed", retryAfter: nil))
        }
        var body: [String: JSONDocument] = [
            "callCenterApiName": .string(voiceCall.callCenter), "vendorCallKey": .string(opening.key),
            "from": .string(opening.from), "to": .string(opening.to), "initiationMethod": .string(opening.method),
            "startTime": .string(opening.start.description),
            "participants": [["participantKey": .string(opening.from), "type": "END_USER"]],
        ]
        if let parent = opening.parent { body["parentVoiceCallId"] = .string(parent) }
        var request = ConnectorRequest.json("POST", voiceCall.url + "/telephony/v1/voiceCalls", .object(body))
        request.headers += [
            ("Authorization", "Bearer \(token)"), ("Telephony-Provider-Name", voiceCall.providerName),
        ]
        return try check(await transport.send(request), at: now)["voiceCallId"]?.string
    }

    /// The identifier of a voice call, which is made when there is none.
    private func identifier(
        _ voiceCall: VoiceCall, _ opening: Opening
    ) async throws(Stop) -> (id: String, duplicates: Int) {
        let query = "SELECT Id FROM VoiceCall WHERE VendorCallKey = \(quoted(opening.key)) LIMIT 2"
        var found = try await identifiers(query)
        if found.isEmpty, let created = try await create(voiceCall, opening) { found = [created] }
        guard let id = found.first else {
            throw Stop(outcome: .postponed(reason: "the voice call is not to be found yet", retryAfter: nil))
        }
        return (id, found.count - 1)
    }

    /// Makes the voice calls of those to whom the caller was handed over so far.
    ///
    /// - Returns: the identifier of the last one.
    func createTransfers(_ voiceCall: VoiceCall, _ context: CallContext) async throws(Stop) -> String? {
        var parent = try await identifier(voiceCall, Opening(context)).id
        for leg in context.handovers {
            parent = try await identifier(voiceCall, Opening(context, leg, parent: parent)).id
        }
        return parent
    }

    /// Writes the end of the call and of its hand-overs.
    func complete(_ voiceCall: VoiceCall, _ record: CallRecord) async throws(Stop) -> DeliveryOutcome {
        let context = record.context
        let first = try await identifier(voiceCall, Opening(context))
        var fields = SalesforceConnector.end(
            answeredAt: context.answeredAt, endedAt: context.endedAt, duration: context.duration)
        try merge(record, into: &fields)
        try await update(first.id, fields)
        var duplicates = first.duplicates
        var parent = first.id
        for leg in context.handovers {
            let own = try await identifier(voiceCall, Opening(context, leg, parent: parent))
            let (from, until) = (leg.answeredAt, leg.endedAt ?? context.duration)
            try await update(
                own.id,
                SalesforceConnector.end(
                    answeredAt: from.map { context.time($0) }, endedAt: until.map { context.time($0) },
                    duration: from.flatMap { from in until.map { max(0, $0 - from) } }))
            parent = own.id
            duplicates += own.duplicates
        }
        return .delivered(reference: first.id, duplicates: duplicates)
    }

    private func update(_ id: String, _ fields: [String: JSONDocument]) async throws(Stop) {
        _ = try await send(
            .json("PATCH", "/services/data/\(configuration.version)/sobjects/VoiceCall/\(id)", .object(fields)))
    }

    private static func end(answeredAt: WallTime?, endedAt: WallTime?, duration: Double?) -> [String: JSONDocument] {
        var fields: [String: JSONDocument] = ["CallDisposition": "completed"]
        if let endedAt { fields["CallEndDateTime"] = .string(endedAt.description) }
        if let answeredAt { fields["CallConnectDateTime"] = .string(answeredAt.description) }
        if let duration { fields["CallDurationInSeconds"] = .number(duration.rounded()) }
        return fields
    }
}

extension CallContext {
    /// The legs to whose parties the caller came, in order.
    fileprivate var handovers: [Leg] { legs.filter { $0.answeredAt != nil && $0.role != .supervisor } }

    /// The wall time of a second of the call.
    fileprivate func time(_ seconds: Double) -> WallTime {
        (answeredAt ?? startedAt) + Interval(roundedSeconds: seconds)
    }
}
