import Crypto
package import Foundation
package import Telephony

/// All that is kept of a call: the sealed context, the facts from which it was folded, what was recorded.
package struct CallRecord: Sendable {
    package var context: CallContext
    /// In order; empty when only the context was kept.
    package var events: [CallEvent]
    /// The call's own first, then those of further parties.
    package var recordings: [Recording]

    /// A recording, whole and in the clear.
    package struct Recording: Sendable {
        package var data: Data
        /// `audio/x-wav` or `audio/ogg; codecs=opus`.
        package var mediaType: String
        package var filename: String
        package var channelCount: Int
        /// Seconds.
        package var duration: Double?
        package var track: RecordingTrack

        package init(
            data: Data, mediaType: String, filename: String, channelCount: Int = 2, duration: Double? = nil,
            track: RecordingTrack = .call
        ) {
            self.channelCount = channelCount
            self.duration = duration
            self.track = track
            self.data = data
            self.mediaType = mediaType
            self.filename = filename
        }
    }

    package init(context: CallContext, events: [CallEvent] = [], recordings: [Recording] = []) {
        self.context = context
        self.events = events
        self.recordings = recordings
    }

    /// The call's own recording.
    package var recording: Recording? { recordings.first { $0.track.leg == nil } }
}

extension VCon {
    /// The caller's place among the parties of a vCon that Parley writes.
    package static let caller = 0
    /// Parley's own place.
    package static let parley = 1
    /// The purpose of the attachment that is the call context.
    package static let contextPurpose = "call-context"

    /// The vCon of a call: one dialog with its recording, what followed from a transfer, the transcript and the outcome
    /// as analysis, the context as an attachment.
    ///
    /// The same record gives the same vCon, UUID included: whoever takes it twice knows that it is the same.
    package init(of record: CallRecord) throws {
        self.init()
        let context = record.context
        vcon = VCon.syntax
        uuid = VCon.uuid(of: context)
        createdAt = context.endedAt ?? context.startedAt
        subject = "Call to \(context.agent.isEmpty ? "Parley" : context.agent)"
        let legs = LegHistory(record.events)
        parties = VCon.parties(of: context, legs)
        dialog = [VCon.conversation(record, legs)]
        if !legs.entries.isEmpty {
            dialog += VCon.dialogs(of: legs, context.answeredAt ?? context.startedAt)
        } else if let transfer = context.transfer {
            dialog += VCon.dialogs(of: transfer, context)
        }
        dialog += VCon.recordings(ofLegs: record, legs)
        analysis = VCon.analysis(of: record)
        attachments = [try VCon.attachment(context)]
    }

    /// The vCon as JSON text, its members sorted.
    package func data() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// A UUID of version 8 (RFC 9562 section 5.8): the call's time in milliseconds, then a digest of its identifier.
    static func uuid(of context: CallContext) -> String {
        var octets = [UInt8](SHA256.hash(data: Data(context.call.rawValue.utf8)).prefix(16))
        let time = UInt64(bitPattern: context.startedAt.millisecondsSince1970)
        for index in 0..<6 { octets[index] = UInt8(truncatingIfNeeded: time >> UInt64(40 - 8 * index)) }
        octets[6] = octets[6] & 0x0F | 0x80
        octets[8] = octets[8] & 0x3F | 0x80
        let digits = octets.map { String(format: "%02x", $0) }.joined()
        return [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map {
            String(digits.dropFirst($0.0).prefix($0.1 - $0.0))
        }
        .joined(separator: "-")
    }

    private static func parties(of context: CallContext, _ legs: LegHistory) -> [Party] {
        var parley = Party(address: context.to)
        parley.name = "Parley"
        var parties = [Party(address: context.from), parley]
        if !legs.entries.isEmpty {
            parties += legs.entries.map { VCon.party(of: $0) }
        } else if let transfer = context.transfer {
            var target = Party(address: transfer.target.redacted)
            if transfer.kind == .agent { target.name = "Agent" }
            parties.append(target)
        }
        return parties
    }

    private static func conversation(_ record: CallRecord, _ legs: LegHistory) -> Dialog {
        let context = record.context
        guard let answeredAt = context.answeredAt else {
            var dialog = Dialog(.incomplete, start: context.startedAt)
            dialog.parties = [[caller], [parley]]
            dialog.originator = caller
            dialog.disposition =
                switch context.cause {
                case .limitReached: .congestion
                case .normalClearing where context.endedBy == .caller: .hungUp
                default: .failed
                }
            return dialog
        }
        var dialog = Dialog(.recording, start: answeredAt)
        dialog.duration = context.duration
        let joined = legs.entries.filter(\.wasWithCaller).map { legs.party(of: $0.leg) }
        dialog.parties = [[caller], [parley] + joined]
        dialog.originator = caller
        dialog.application = "telephony"
        dialog.partyHistory = partyHistory(context, legs, answeredAt)
        if let recording = record.recording {
            if recording.channelCount == 1 { dialog.parties = [[caller, parley] + joined] }
            dialog.content = Content(of: recording)
        }
        return dialog
    }

    /// What each further party said, on a recording of its own.
    private static func recordings(ofLegs record: CallRecord, _ legs: LegHistory) -> [Dialog] {
        guard let answeredAt = record.context.answeredAt else { return [] }
        return record.recordings.compactMap { recording in
            guard let leg = recording.track.leg else { return nil }
            var dialog = Dialog(.recording, start: answeredAt + recording.track.startsAt)
            dialog.duration = recording.duration
            dialog.parties = [[legs.party(of: leg)]]
            dialog.application = "telephony"
            dialog.content = Content(of: recording)
            return dialog
        }
    }

    private static func partyHistory(
        _ context: CallContext, _ legs: LegHistory, _ answeredAt: WallTime
    ) -> [PartyEvent] {
        func time(_ seconds: Double) -> WallTime { answeredAt + Interval(roundedSeconds: seconds) }
        var history = [
            PartyEvent(.join, party: caller, time: answeredAt), PartyEvent(.join, party: parley, time: answeredAt),
        ]
        history += context.digits.map {
            PartyEvent(.keydown, party: caller, time: time($0.start), button: $0.digit.redacted)
        }
        history += legs.events.map { PartyEvent($0.event, party: $0.party, time: time($0.at)) }
        // A key counts from its beginning, which may lie before what was told first.
        history = history.enumerated().sorted {
            ($0.element.time.millisecondsSince1970, $0.offset) < ($1.element.time.millisecondsSince1970, $1.offset)
        }.map(\.element)
        if let endedAt = context.endedAt {
            history += (context.endedBy == .parley ? [parley, caller] : [caller, parley]).map {
                PartyEvent(.drop, party: $0, time: endedAt)
            }
        }
        return history
    }

    /// The transfer, and the attempt on the target where it came to nothing.
    private static func dialogs(of transfer: CallContext.Transfer, _ context: CallContext) -> [Dialog] {
        let start = (context.answeredAt ?? context.startedAt) + Interval(roundedSeconds: transfer.at)
        let target = 2
        var dialog = Dialog(.transfer, start: start)
        dialog.transferee = caller
        dialog.transferor = parley
        dialog.transferTarget = target
        dialog.original = 0
        let disposition: Dialog.Disposition? =
            switch transfer.outcome {
            case .busy: .busy
            case .noAnswer: .noAnswer
            case .refused, .failed: .failed
            case .callerGone: .hungUp
            case .completed, .voicemail, .callBack, nil: nil
            }
        guard let disposition else { return [dialog] }
        dialog.targetDialog = 2
        var attempt = Dialog(.incomplete, start: start)
        attempt.parties = [[parley], [target]]
        attempt.originator = parley
        attempt.disposition = disposition
        return [dialog, attempt]
    }

    private static func attachment(_ context: CallContext) throws -> Attachment {
        var attachment = Attachment()
        attachment.purpose = contextPurpose
        attachment.start = context.endedAt ?? context.startedAt
        attachment.party = parley
        attachment.dialog = 0
        attachment.content.mediaType = "application/json"
        attachment.content.encoding = .json
        attachment.content.body = try JSONDocument(encoding: context)
        return attachment
    }
}

extension VCon.Party {
    /// A party by what signalling calls it: a number or a SIP address.
    init(address: String) {
        self.init()
        if address.hasPrefix("sip:") || address.hasPrefix("sips:") {
            sip = address
        } else if address.hasPrefix("tel:") {
            tel = String(address.dropFirst(4))
        } else if address.contains("@") {
            sip = "sip:" + address
        } else if !address.isEmpty {
            tel = address
        }
    }
}

extension VCon.Content {
    /// A recording, inside the vCon.
    fileprivate init(of recording: CallRecord.Recording) {
        self.init()
        mediaType = recording.mediaType
        filename = recording.filename
        encoding = .base64url
        body = .string(recording.data.base64URL)
    }
}
